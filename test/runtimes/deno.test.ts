import { test } from 'uvu'
import { consoleTest } from './harness/console.ts'

// Deno may read files, and nothing else.
consoleTest('deno', process.env.VITRINE_DENO ?? 'deno')

test.run()
