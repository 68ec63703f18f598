import { constants, deflateSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FormatError, UnsupportedError } from '../../../src/errors.ts'
import { decodeImage } from '../../../src/image/decode.ts'
import { encodePNG } from '../../../src/image/encode.ts'
import { gradient, join, makePNG, pngChunk, seeded, truecolorPNG, withAlpha } from '../make.ts'

const KINDS = [
  { colorType: 0, bitDepths: [1, 2, 4, 8, 16] },
  { colorType: 2, bitDepths: [8, 16] },
  { colorType: 3, bitDepths: [1, 2, 4, 8] },
  { colorType: 4, bitDepths: [8, 16] },
  { colorType: 6, bitDepths: [8, 16] },
]

/** What a sample means in 8 bits: short ones spread over the range, long ones keep the high byte. */
function level(value: number, bitDepth: number): number {
  return bitDepth === 16 ? value >> 8 : (value * 255) / (2 ** bitDepth - 1)
}

test('all colour types, depths, filters and interlacing, at many sizes', async () => {
  const palette = Uint8Array.from({ length: 768 }, (_, i) => (i * 37) & 255)
  const random = seeded(3)
  for (const { colorType, bitDepths } of KINDS) {
    for (const bitDepth of bitDepths) {
      for (const [width, height] of [
        [1, 1],
        [2, 5],
        [7, 3],
        [8, 8],
        [13, 9],
        [33, 2],
      ] as const) {
        const top = 2 ** bitDepth
        const samples = Array.from({ length: width * height * 4 }, () => Math.floor(random() * top))
        const sample = (x: number, y: number, c: number) => samples[4 * (y * width + x) + c]!
        const expected = Array.from({ length: width * height * 3 }, (_, i) => {
          const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3]
          if (colorType === 3) return palette[3 * sample(x, y, 0) + c]!
          return level(sample(x, y, colorType === 2 || colorType === 6 ? c : 0), bitDepth)
        })
        for (const interlaced of [false, true]) {
          const spec = { width, height, colorType, bitDepth, sample, interlaced }
          const bytes = makePNG(colorType === 3 ? { ...spec, palette } : spec)
          const found = await decodeImage(bytes)
          const what = JSON.stringify({ colorType, bitDepth, width, height, interlaced })
          assert.equal([found.width, found.height], [width, height], what)
          assert.equal([...found.data], expected, what)
        }
      }
    }
  }
})

test('alpha and tRNS are dropped, not composited', async () => {
  const image = gradient(6, 4)
  const trns = pngChunk('tRNS', Uint8Array.from([0, 1, 0, 2, 0, 3]))
  assert.equal(await decodeImage(truecolorPNG(image, [trns])), image)
  assert.equal(await decodeImage(await encodePNG(withAlpha(image, 7))), image)
})

test('encodePNG writes RGB and RGBA, and refuses other sizes', async () => {
  const image = gradient(50, 31)
  assert.equal(await decodeImage(await encodePNG(image)), image)
  assert.equal(await decodeImage(await encodePNG(withAlpha(image))), image)
  const short = { ...image, data: image.data.subarray(1) }
  const error = await encodePNG(short).catch((reason) => reason)
  assert.is(error.code, 'ARGUMENT')
  assert.match(
    error.message,
    /50 x 31 take 4650 bytes \(RGB\), 6200 \(RGBA\) or 1550 \(grey\), not 4649/,
  )
})

const header = (width: number, height: number, bitDepth = 8, colorType = 0) => {
  const view = new DataView(new ArrayBuffer(13))
  view.setUint32(0, width)
  view.setUint32(4, height)
  view.setUint8(8, bitDepth)
  view.setUint8(9, colorType)
  return pngChunk('IHDR', new Uint8Array(view.buffer))
}
const MAGIC = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const end = pngChunk('IEND', new Uint8Array())
const file = (...chunks: Uint8Array[]) => join(MAGIC, ...chunks, end)
const pixels = (raw: readonly number[]) => pngChunk('IDAT', deflateSync(Uint8Array.from(raw)))

async function refused(
  bytes: Uint8Array,
  message: RegExp,
  type: typeof FormatError | typeof UnsupportedError = FormatError,
) {
  const error = await decodeImage(bytes).catch((reason) => reason)
  assert.instance(error, type)
  assert.match(error.message, message)
}

test('kinds of damage are distinguished', async () => {
  const good = truecolorPNG(gradient(9, 9))
  const flipped = good.slice()
  flipped[60] = flipped[60]! ^ 1
  await refused(flipped, /IDAT chunk of this PNG file does not match its checksum/)
  await refused(file(header(2, 2), pixels([0, 1, 2])), /too few compressed pixels/)
  await refused(file(header(2, 2)), /too few|not a valid/)
  await refused(file(header(2, 1), pixels([5, 1, 2])), /filter 5/)
  await refused(
    file(header(2, 1), pngChunk('IDAT', Uint8Array.from([1, 2, 3]))),
    /compressed pixels.*not a valid deflate stream/,
  )
  await refused(file(header(0, 1), pixels([0])), /0 x 1 pixels/)
  await refused(file(header(2, 1, 3)), /colour type 0 with 3 bits/)
  await refused(file(header(2, 1, 8, 3), pixels([0, 1, 2])), /lacks its palette/)
  await refused(file(pixels([0])), /starts with IDAT/)
  await refused(file(header(1, 1), pngChunk('ABCD', new Uint8Array(3))), /ABCD/, UnsupportedError)
  await refused(good.subarray(0, -40), /truncated/)
})

test('pixels in many chunks, a short palette and bytes behind the last row', async () => {
  const stream = deflateSync(Uint8Array.from([0, 10, 20, 0, 30, 40, 99, 99]))
  const parts = [...stream].map((byte) => pngChunk('IDAT', Uint8Array.from([byte])))
  const found = await decodeImage(file(header(2, 2), ...parts))
  assert.equal([...found.data], [10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40])
  const short = pngChunk('PLTE', Uint8Array.from([7, 8, 9]))
  const indexed = await decodeImage(file(header(2, 1, 8, 3), short, pixels([0, 0, 1])))
  assert.equal([...indexed.data], [7, 8, 9, 0, 0, 0])
})

test('a zlib stream without its end is read where the pixels are whole, a wrong checksum is refused', async () => {
  const random = seeded(5)
  const noise = Uint8Array.from({ length: 3000 }, () => random() * 256)
  for (const level of [0, 1, 9]) {
    for (const sample of [(i: number) => noise[i]!, () => 7]) {
      const raw = Uint8Array.from({ length: 30 * 61 }, (_, i) => (i % 61 ? sample(i) : 0))
      const stream = deflateSync(raw, { level })
      const idat = (data: Uint8Array) => file(header(60, 30), pngChunk('IDAT', data))
      const expected = await decodeImage(idat(stream))
      for (const missing of [1, 2, 3, 4]) {
        assert.equal(await decodeImage(idat(stream.subarray(0, -missing))), expected)
      }
      for (const place of [1, 4]) {
        const wrong = stream.slice()
        wrong[wrong.length - place]! ^= 0x10
        await refused(idat(wrong), /compressed pixels of this PNG file do not match their checksum/)
      }
    }
  }
})

test('a deflate stream that is not finished is read where the pixels are whole', async () => {
  const raw = Uint8Array.from({ length: 30 * 61 }, (_, i) => (i % 61 ? (i * i) & 255 : 0))
  const flushed = deflateSync(raw, { finishFlush: constants.Z_SYNC_FLUSH })
  const idat = (data: Uint8Array) => file(header(60, 30), pngChunk('IDAT', data))
  const { data } = await decodeImage(idat(flushed))
  assert.equal([...data.subarray(0, 3)], [1, 1, 1])
  assert.equal(data, (await decodeImage(idat(deflateSync(raw)))).data)
  const early = deflateSync(raw.subarray(0, -1), { finishFlush: constants.Z_SYNC_FLUSH })
  await refused(idat(early), /compressed pixels/)
})

test('a file may end behind its pixels, in whatever chunk', async () => {
  const image = gradient(40, 30)
  const png = truecolorPNG(image)
  // IEND; its checksum; that of IDAT; that of the compressed pixels.
  for (const missing of [1, 4, 8, 12, 14, 16, 20]) {
    assert.equal(await decodeImage(png.subarray(0, -missing)), image, String(missing))
  }
  await refused(png.subarray(0, -60), /truncated: its \d+ bytes end before the last pixel/)
})

test('damaged pixels under a right checksum give a picture or a FormatError', async () => {
  const random = seeded(11)
  const raw = Uint8Array.from({ length: 20 * 61 }, (_, i) => (i % 61 ? random() * 256 : 0))
  const stream = deflateSync(raw)
  const outcomes = { picture: 0, error: 0 }
  for (let i = 0; i < 300; i++) {
    const bytes = stream.slice()
    bytes[Math.floor(random() * bytes.length)] = random() * 256
    const found = await decodeImage(file(header(60, 20), pngChunk('IDAT', bytes))).catch((e) => e)
    if (found instanceof FormatError) outcomes.error++
    else if (found.data?.length === 3600) outcomes.picture++
    else throw found
  }
  assert.ok(outcomes.error > 200, JSON.stringify(outcomes))
})

test('a decompression bomb is left when the picture is complete', async () => {
  const bomb = deflateSync(new Uint8Array(2 ** 28))
  const { data } = await decodeImage(file(header(1, 1), pngChunk('IDAT', bomb)))
  assert.equal([...data], [0, 0, 0])
})

test.run()
