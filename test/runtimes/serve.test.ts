import { spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { expectAnswer } from './expect.ts'
import { readPicture } from './harness/check.ts'
import { start } from './harness/commands.ts'
import { manifestOf } from './harness/packages.ts'
import { targetTest } from './harness/project.ts'

// One program, which hands the server's function to what each runtime has for it.
const runtimes = {
  node: process.execPath,
  deno: process.env.VITRINE_DENO ?? 'deno',
  bun: process.env.VITRINE_BUN ?? 'bun',
}

for (const [runtime, command] of Object.entries(runtimes)) {
  const version = command && spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout
  targetTest(
    'serve',
    `${runtime} ${version?.split('\n')[0]} serves`,
    async ({ folder }) => {
      const [, ...args] = manifestOf(folder).scripts![runtime]!.split(' ')
      const program = start(command, args, { cwd: folder })
      try {
        const [, port] = await program.prints(/^(\d+)$/m)
        const url = `http://127.0.0.1:${port}`
        const picture = readPicture()
        const post = (body: BodyInit, headers: Record<string, string> = {}) =>
          fetch(`${url}/classify?top_k=1`, { method: 'POST', body, headers })
        const zipped = new Blob([new Uint8Array(gzipSync(picture))])
        const answers = [
          await post(new Blob([picture])),
          await post(zipped, { 'Content-Encoding': 'gzip' }),
          // Chunked, since a stream has no length.
          await fetch(`${url}/classify`, {
            method: 'POST',
            body: new Blob([picture]).stream(),
            duplex: 'half',
          } as RequestInit),
        ]
        for (const answer of answers) {
          assert.is(answer.status, 200)
          const [{ label, score }] = (await answer.json()) as [{ label: string; score: number }]
          expectAnswer(`${label} ${score.toFixed(3)}`)
        }
        assert.is((await post('hello')).status, 400)
        const metrics = await (await fetch(`${url}/metrics`)).text()
        assert.match(metrics, /^vitrine_items_total\{model="tiny",kind="image"\} 3$/m)
      } finally {
        await program.stop()
      }
    },
    { obstacle: version ? undefined : `there is no ${command || runtime}` },
  )
}

test.run()
