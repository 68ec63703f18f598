import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ServerProcess } from '../../../bench/serve/server-process.ts'
import { temporaryFolder } from '../../cli/run.ts'
import { testUnless } from '../../obstacle.ts'
import { expectServed, startTiny } from '../sockets/tiny-server.ts'
import { noPython, pythonCommands, script } from './python.ts'

/** Cases for each operation: some hundreds in all, or more than ten thousand. */
const EXAMPLES = process.env.VITRINE_TEST_ALL ? 1200 : 12

/** How many that must be: an operation without parameters has few. */
const FEWEST = process.env.VITRINE_TEST_ALL ? 10_000 : 500

/** What must hold of every answer. That right data is accepted can't: no schema says what is an image. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'unsupported_method',
  'allow_header_conformance',
]

let server: ServerProcess

test.before(async () => {
  if (noPython === undefined) server = await startTiny()
})

test.after(async () => {
  await server?.stop()
})

testUnless(noPython, 'requests made of the OpenAPI document are answered as it says', async () => {
  const { stdout, stderr, status } = spawnSync(
    join(pythonCommands, 'schemathesis'),
    [
      ...['--config-file', script('schemathesis.toml', import.meta.url), 'run'],
      ...[`${server.url}/openapi.json`, '--checks', checks.join(',')],
      ...['--max-examples', String(EXAMPLES), '--seed', '1', '--no-color', '--no-shrink'],
      ...['--phases', 'examples,coverage,fuzzing', '--generation-database', 'none'],
      '--continue-on-failure',
    ],
    { cwd: temporaryFolder(), encoding: 'utf8', timeout: 590_000, maxBuffer: 2 ** 28 },
  )
  const said = stdout + stderr
  const [, cases] = /(\d[\d,]*) generated/.exec(said) ?? []
  console.log(said.slice(-1500))
  assert.is(status, 0, said.slice(-6000))
  assert.ok(Number(cases?.replaceAll(',', '')) >= FEWEST, said.slice(-1500))
  await expectServed(server)
})

test.run()
