import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { build } from 'esbuild'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { random } from '../../random.ts'
import { startOf } from '../server.ts'
import { fetchWhole, noise, path, wholeEntries, withHub } from '../setup.ts'

// Processes that download are killed at random points, without being asked. What they leave is whole or
// absent, and the next process gets the file.

const kills = process.env.VITRINE_TEST_ALL ? 200 : 20
const bytes = noise(2_000_000)

test(`kill -9 at ${kills} random points`, async () => {
  await withHub(async ({ server, folder, cache, settings, remote }) => {
    server.put(path, bytes, '"one"')
    // In pieces, with a pause now and then, so that there are points in the middle.
    server.misbehave = (request, response, file) => {
      if (!file) return false
      let at = startOf(request)
      const range = at > 0 && { 'content-range': `bytes ${at}-${file.length - 1}/${file.length}` }
      response.writeHead(at > 0 ? 206 : 200, {
        'content-length': file.length - at,
        etag: '"one"',
        ...range,
      })
      const send = () => {
        while (at < file.length && response.writable) {
          response.write(file.subarray(at, at + 64_000))
          at += 64_000
          if (at % 640_000 === 0) return void setTimeout(send, 1)
        }
        response.end()
      }
      send()
      return true
    }
    const client = join(folder, 'client.mjs')
    await build({
      entryPoints: [new URL('client.ts', import.meta.url).pathname],
      outfile: client,
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['node'],
      packages: 'external',
      logLevel: 'error',
    })
    const next = random(11)
    let whole = 0
    const resumed = () =>
      server.asked.filter((one) => one.path === path && one.range !== undefined).length
    // On a fast or a busy machine it may take more, and longer, to hit the middle of a download and its end.
    const isMissed = () => whole === 0 || resumed() === 0
    for (let kill = 0; kill < kills || (isMissed() && kill < 10 * kills); kill++) {
      const child = fork(client, [remote.url, remote.id, cache.place], { execArgv: [] })
      child.on('message', (message) => {
        if (message === 'whole') whole++
      })
      await once(child, 'message')
      await new Promise((resolve) => setTimeout(resolve, next() * 60 * (1 + kill / kills)))
      child.kill('SIGKILL')
      await once(child, 'exit')
      for (const found of await wholeEntries(cache)) assert.equal(found, bytes)
      // Sometimes another takes it from there, sometimes one that will be killed as well.
      if (kill % 4 < 2) continue
      assert.equal(await fetchWhole(remote, settings), bytes)
      assert.equal(await wholeEntries(cache), [bytes])
      for (const { key } of (await cache.list()).whole) await cache.remove(key)
    }
    console.log(`${whole} downloads were whole before somebody was killed`)
    assert.ok(whole > 0)
    assert.equal(await fetchWhole(remote, settings), bytes)
    assert.ok(resumed() > 0, 'a later process used what a killed one had left')
  })
})

test.run()
