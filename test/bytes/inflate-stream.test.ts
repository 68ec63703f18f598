import { deflateRawSync, deflateSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inflate } from '../../src/bytes/inflate.ts'
import { inflateStream } from '../../src/bytes/inflate-stream.ts'
import { FormatError } from '../../src/errors.ts'

const formats = { deflate: deflateSync, 'deflate-raw': deflateRawSync } as const
type Format = keyof typeof formats

/** Bytes that compress somewhat. */
const data = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 9)

/** Sends a stream through in pieces of a size. */
async function through(format: Format, deflated: Uint8Array, piece: number): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(deflated.length / piece) }, (_, i) =>
    Uint8Array.from(deflated.subarray(i * piece, (i + 1) * piece)),
  )
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = pieces.shift()
      if (next) controller.enqueue(next)
      else controller.close()
    },
  })
  const found: Uint8Array[] = []
  for await (const bytes of source.pipeThrough(inflateStream(format))) found.push(bytes)
  return Buffer.concat(found)
}

for (const format of ['deflate', 'deflate-raw'] as const) {
  test(`${format}: every size and every division gives the bytes`, async () => {
    for (const size of [0, 1, 2, 100, data.length]) {
      const deflated = formats[format](data.subarray(0, size))
      for (const piece of [1, 2, 3, 7, 1000, 1 << 20]) {
        if (piece < 7 && size > 100) continue
        const found = await through(format, deflated, piece)
        assert.ok(found.equals(data.subarray(0, size)), `${size} bytes in pieces of ${piece}`)
      }
    }
  })

  test(`${format}: what has no end, or is corrupt, fails`, async () => {
    const deflated = Uint8Array.from(formats[format](data))
    const corrupt = deflated.with(deflated.length >> 1, deflated[deflated.length >> 1]! ^ 255)
    const bad = [deflated.subarray(0, -6), deflated.subarray(0, 1), new Uint8Array(0)]
    // What has no checksum may be corrupt and valid.
    if (format === 'deflate') bad.push(corrupt, deflated.with(-1, deflated.at(-1)! ^ 1))
    if (format === 'deflate') bad.push(deflated.with(0, 0x79), deflated.with(1, deflated[1]! ^ 32))
    for (const [i, bytes] of bad.entries()) {
      const error = await through(format, bytes, 1000).catch((error) => error)
      assert.instance(error, TypeError, `stream ${i}`)
    }
  })
}

test('without a DecompressionStream, bytes and errors are the same', async () => {
  const { DecompressionStream } = globalThis
  Reflect.deleteProperty(globalThis, 'DecompressionStream')
  try {
    const deflated = deflateSync(data)
    const found: Uint8Array[] = []
    for await (const bytes of inflate([deflated], 'deflate', 'it')) found.push(bytes)
    assert.ok(Buffer.concat(found).equals(data))
    const broken = async () => {
      for await (const _ of inflate([deflated.subarray(0, 99)], 'deflate', 'it'));
    }
    const error = await broken().catch((error) => error)
    assert.instance(error, FormatError)
    assert.is(error.message, 'it is not a valid deflate stream.')
  } finally {
    globalThis.DecompressionStream = DecompressionStream
  }
})

test.run()
