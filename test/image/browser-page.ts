import { decodeImage } from '../../src/image/decode.ts'
import { toPixels, toRGB } from '../../src/image/input.ts'
import { startedWorkers } from '../started-workers.ts'

// What browser.test.ts does in pages.

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))

async function sha256(data: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data as BufferSource))
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const page = {
  /** Hashes of the pixels, as a worker has them and as this thread has them. */
  async decode(base64: string) {
    const bytes = bytesOf(base64)
    const there = await toRGB(bytes)
    const here = await decodeImage(bytes)
    const { width, height } = there
    return {
      width,
      height,
      there: await sha256(there.data),
      here: await sha256(here.data),
      started: startedWorkers(),
    }
  },
  async pixels(base64: string) {
    return (await toPixels(bytesOf(base64), 'timm', [32, 32])).length
  },
  async abort(base64: string) {
    const controller = new AbortController()
    const slow = toRGB(bytesOf(base64), { signal: controller.signal }).catch(
      (error) => error.message,
    )
    let turns = 0
    for (; turns < 5; turns++) await new Promise((resolve) => setTimeout(resolve))
    controller.abort(new Error('changed my mind'))
    return { message: await slow, turns, started: startedWorkers() }
  },
}

export type Page = typeof page

Object.assign(globalThis, { page })
