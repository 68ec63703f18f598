import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { expectInt16, expectThreads } from './expect.ts'

// The built package in this runtime and others, where they are on the PATH or named by the
// environment; an empty name leaves one out.
const script = fileURLToPath(new URL('./check.mjs', import.meta.url))
const built = existsSync(new URL('../../build/node/worker.js', import.meta.url))
const runtimes = [
  { name: `Node ${process.versions.node}`, command: process.execPath, flags: [] },
  { name: 'Deno', command: process.env.VITRINE_DENO ?? 'deno', flags: ['run', '--allow-all'] },
  { name: 'Bun', command: process.env.VITRINE_BUN ?? 'bun', flags: [] },
]

for (const { name, command, flags } of runtimes.filter(({ command }) => command !== '')) {
  const there = spawnSync(command, ['--version']).status === 0
  if (!there) console.log(`skipping ${name}: there is no ${command}`)
  else if (!built) console.log(`skipping ${name}: there is no build/; npm run build`)
  const add = there && built ? test : test.skip
  add(
    `${name}: threads and int16 give their bits, large images, aborts, disposal, and it ends by itself`,
    () => {
      const { status, stdout, stderr } = spawnSync(command, [...flags, script], {
        timeout: 120_000,
      })
      assert.is(stderr.toString(), '')
      assert.is(status, 0)
      const { threads, int16, images } = JSON.parse(stdout.toString())
      expectThreads(threads)
      expectInt16(int16)
      assert.equal(images, {
        same: [true, true],
        aborted: 'TimeoutError',
        label: 'military uniform',
      })
    },
  )
}

test.run()
