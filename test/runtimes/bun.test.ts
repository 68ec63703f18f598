import { test } from 'uvu'
import { consoleTest } from './harness/console.ts'

consoleTest('bun', process.env.VITRINE_BUN ?? 'bun')

test.run()
