import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ServerProcess, startServer } from '../../../bench/serve/server-process.ts'
import { testUnless } from '../../obstacle.ts'
import { noPython, python, script } from './python.ts'

const picture = script('../../../examples/chelsea.png', import.meta.url)

let server: ServerProcess

test.before(async () => {
  if (noPython === undefined) server = await startServer(['--threads', '1'])
})

test.after(async () => {
  await server?.stop()
})

/** Runs checks in Python: each prints its name, and what is wrong with it. */
function expectClean(name: string, fewest: number): void {
  const args = [script(name, import.meta.url), server.url, 'vit-ti16', picture, 'Egyptian cat']
  const { stdout, stderr } = spawnSync(python, args, { encoding: 'utf8', timeout: 240_000 })
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  const checks = lines.map((line) => JSON.parse(line) as { name: string; wrong: string | null })
  assert.ok(checks.length >= fewest, `${checks.length} checks ran: ${stderr}`)
  const wrong = checks.filter((one) => one.wrong !== null)
  assert.is(wrong.map((one) => `${one.name}: ${one.wrong}`).join('\n'), '')
}

testUnless(noPython, "Triton's client: health, metadata, infer in all its forms, mistakes", () =>
  expectClean('tritonclient_checks.py', 13),
)

testUnless(noPython, "KServe's client: health, infer in binary and JSON, mistakes", () =>
  expectClean('kserve_checks.py', 5),
)

test.run()
