import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// The built package in other runtimes, where they are on the PATH or named by the environment.
const script = fileURLToPath(new URL('./check.mjs', import.meta.url))
const built = existsSync(new URL('../../build/node/worker.js', import.meta.url))
const runtimes = [
  { name: 'node', command: process.execPath, flags: [] },
  { name: 'deno', command: process.env.VITRINE_DENO ?? 'deno', flags: ['run', '--allow-all'] },
  { name: 'bun', command: process.env.VITRINE_BUN ?? 'bun', flags: [] },
]

for (const { name, command, flags } of runtimes) {
  const there = spawnSync(command, ['--version']).status === 0
  if (!there) console.log(`skipping ${name}: there is no ${command}`)
  else if (!built) console.log(`skipping ${name}: there is no build/; npm run build`)
  const add = there && built ? test : test.skip
  add(`threads in ${name}: the same bits, aborts, disposal, and it ends by itself`, () => {
    const { status, stdout, stderr } = spawnSync(command, [...flags, script], { timeout: 120_000 })
    assert.is(stderr.toString(), '')
    assert.is(status, 0)
    const found = JSON.parse(stdout.toString())
    for (const { options, hashes, labels, ended, aborted, disposed } of found) {
      const what = JSON.stringify(options)
      assert.equal(hashes, found[0].hashes, what)
      assert.is(hashes.length, 1, what)
      assert.equal(labels, ['Egyptian cat', 'Egyptian cat'], what)
      assert.ok(['done', 'TimeoutError'].includes(ended), `${what} ${ended}`)
      assert.equal([aborted, disposed], ['AbortError', 'DISPOSED'], what)
    }
  })
}

test.run()
