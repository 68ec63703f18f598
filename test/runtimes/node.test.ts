import { test } from 'uvu'
import { consoleTest } from './harness/console.ts'

// This Node; test/run.mjs starts this file with others too.
consoleTest('node', process.execPath)

test.run()
