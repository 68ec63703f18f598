import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { HttpResponse } from '../../../src/platform/http.ts'
import { platform } from '../../../src/platform/node/platform.ts'
import { sendPart } from '../../hub/server.ts'
import { noise, withHub } from '../../hub/setup.ts'

async function read(answer: HttpResponse): Promise<number> {
  let length = 0
  for await (const chunk of answer.chunks()) length += chunk.length
  return length
}

test('an abort at whatever time ends its own request and no other', async () => {
  await withHub(async ({ server }) => {
    const bytes = noise(300_000)
    server.put('/file', bytes)
    server.put('/empty', new Uint8Array(0))
    const url = `${server.url}/file`
    const reason = new Error('enough')
    for (const path of ['/file', '/empty', '/none']) {
      // Behind the end, when the connection waits for the next request or has it already.
      const late = new AbortController()
      const answer = await platform.request(server.url + path, { signal: late.signal })
      await read(answer)
      const next = platform.request(url, {})
      late.abort(reason)
      assert.is(await read(await next), bytes.length)
    }
    const early = AbortSignal.abort(reason)
    assert.is(await platform.request(url, { signal: early }).catch((error) => error), reason)
    // Before the answer, and in the middle of it.
    for (const then of ['silent', 'stall'] as const) {
      const controller = new AbortController()
      server.misbehave = (request, response, file) => {
        if (then === 'stall') sendPart(request, response, { bytes: file! }, 1000, 'stall')
        else setImmediate(() => controller.abort(reason))
        return true
      }
      const asked = platform.request(url, { signal: controller.signal })
      if (then === 'silent') {
        assert.is(await asked.catch((error) => error), reason)
        continue
      }
      const reading = read(await asked)
      controller.abort(reason)
      assert.instance(await reading.catch((error) => error), Error)
    }
    server.misbehave = undefined
    assert.is(await read(await platform.request(url, {})), bytes.length)
  })
})

test.run()
