import { readdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { SourceError } from '../../../src/errors.ts'
import { obtainBytes } from '../../../src/hub/obtain.ts'
import { openPublished } from '../../../src/hub/open.ts'
import { type DownloadProgress, load, type Progress } from '../../../src/index.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { sendPart } from '../server.ts'
import { fetchWhole, noise, path, withHub } from '../setup.ts'

const bytes = noise(3_000_000)

/** Host names reserved by RFC 2606, and a closed port. */
const nowhere = {
  'http://hub.invalid': /host not found/,
  'http://127.0.0.1:1': /connection refused/,
}

for (const [url, reason] of Object.entries(nowhere)) {
  test(`${url}: an error after three attempts, with alternatives, and nothing is left`, async () => {
    await withHub(async ({ cache, notices, settings }) => {
      const retries: NonNullable<DownloadProgress['retry']>[] = []
      const onProgress = (progress: Progress) => {
        if (progress.phase === 'download' && progress.retry) retries.push(progress.retry)
      }
      const hub = { url, cache, retryDelay: 1, onNotice: (text: string) => notices.push(text) }
      const error = await rejects(load('B_16', { hub, onProgress }), SourceError, reason)
      assert.match(error.message, /Can't reach .* for B_16: /)
      assert.match(error.message, /VITRINE_HUB_URL.*vitrine cache add.*the path of a file/)
      assert.is(retries.length, 2)
      for (const retry of retries) assert.match(retry.reason, reason)
      assert.is(notices.length, 0)
      await rejects(load('B_16', { hub }), SourceError, reason)
      assert.is(notices.length, 2, 'who listens to no progress gets notices')
      for (const text of notices) assert.match(text, /^B_16: retrying in [\d.]+ s: /)
      assert.equal(await cache.list(), { whole: [], partial: [] })
      assert.equal(
        readdirSync(cache.place).filter((name) => name !== 'locks'),
        [],
      )
      // With pauses as they are: the last attempt begins less than five seconds after the first.
      const slow = { ...settings, retryDelay: 60_000, request: settings.request }
      const remote = { id: url, url, name: 'x', maxBytes: 9, immutable: true }
      await rejects(obtainBytes(remote, slow, undefined), SourceError, reason)
      await rejects(openPublished('B_16', { hub }), SourceError, reason)
    })
  })
}

test('a server that was reached before is waited for longer', async () => {
  await withHub(async ({ server, settings, remote }) => {
    server.put(path, bytes, '"e"')
    let asked = 0
    let gone = 0
    server.misbehave = (request, response) => {
      if (asked++ > 0) return false
      sendPart(request, response, { bytes, etag: '"e"' }, 1_500_000)
      return true
    }
    // As if the network went away after the first answer, for four attempts.
    const request: typeof settings.request = (url, options) => {
      if (asked > 0 && gone++ < 4) {
        return Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))
      }
      return settings.request(url, options)
    }
    assert.equal(await fetchWhole(remote, { ...settings, request }), bytes)
    assert.is(gone, 5)
  })
})

test('a repository whose server can’t be reached is asked for once', async () => {
  await withHub(async ({ cache, notices }) => {
    const onNotice = (text: string) => notices.push(text)
    const hub = { endpoint: 'http://hub.invalid', cache, retryDelay: 1, onNotice }
    const error = await rejects(load('hf:org/name', { hub }), SourceError, /host not found/)
    assert.match(error.message, /HF_ENDPOINT or VITRINE_HUB_URL to a mirror/)
    assert.is(notices.length, 2)
  })
})

test.run()
