import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VitrineError } from '../../src/errors.ts'
import { decodeImage } from '../../src/image/decode.ts'
import { readHeader } from '../../src/image/formats/header.ts'
import { readOrientation } from '../../src/image/formats/orientation.ts'
import type { RGBImage } from '../../src/image/image.ts'
import {
  gradient,
  join,
  makeJPEG,
  makePNG,
  makeWebP,
  pngChunk,
  riff,
  riffChunk,
  seeded,
  tiffWithOrientation,
  truecolorPNG,
  uint24,
  withExif,
  withSegment,
} from './make.ts'
import { SAMPLES } from './samples.ts'

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))
const sample = (name: string) => bytesOf(SAMPLES.find((s) => s.name === name)!.base64)
const greatest = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((top, value, i) => Math.max(top, Math.abs(value - b[i]!)), 0)

async function failure(run: Promise<unknown>): Promise<VitrineError> {
  const error = await run.then(
    () => assert.unreachable('it did not fail'),
    (reason) => reason,
  )
  if (!(error instanceof VitrineError)) throw error
  return error
}

test('small files of every kind give the pixels that Pillow reads', async () => {
  for (const { name, base64, sha256 } of SAMPLES) {
    const { width, height, data } = await decodeImage(bytesOf(base64))
    assert.equal([width, height], [17, 11], name)
    const found = createHash('sha256').update(data).digest('hex').slice(0, 16)
    assert.is(found, sha256, name)
  }
})

test('CMYK is inverted and mixed with black', async () => {
  const { data } = await decodeImage(sample('a CMYK JPEG'))
  assert.ok(greatest(data, gradient(17, 11).data) < 16)
})

test('encoded images decode to the same pixels', async () => {
  const image = gradient(37, 23)
  assert.equal(await decodeImage(truecolorPNG(image)), image)
  assert.equal(await decodeImage(await makeWebP(image, { lossless: 1 })), image)
  for (const progressive of [true, false]) {
    const jpeg = await makeJPEG(image, { progressive, baseline: !progressive, chroma_subsample: 1 })
    const found = await decodeImage(jpeg)
    assert.equal([found.width, found.height], [37, 23])
    assert.ok(greatest(found.data, image.data) < 24)
  }
})

test('the header is known without decoding', async () => {
  const image = gradient(37, 23)
  const size = { width: 37, height: 23, bitDepth: 8 }
  assert.equal(await readHeader(await makeJPEG(image)), { format: 'jpeg', ...size, components: 3 })
  for (const lossless of [0, 1]) {
    const webp = await makeWebP(image, { lossless })
    assert.equal(await readHeader(webp), { format: 'webp', ...size, components: 3 })
  }
  const png = await readHeader(truecolorPNG(image))
  assert.is(`${png.format} ${png.width} ${png.height} ${png.components}`, 'png 37 23 3')
  assert.is((await readHeader(sample('a CMYK JPEG'))).components, 4)
  assert.is((await readHeader(sample('a grey JPEG'))).components, 1)
})

/** Where the pixel at x, y of a stored W x H picture stands once it is upright (EXIF 2.32). */
const UPRIGHT: Record<number, (x: number, y: number, W: number, H: number) => [number, number]> = {
  1: (x, y) => [x, y],
  2: (x, y, W) => [W - 1 - x, y],
  3: (x, y, W, H) => [W - 1 - x, H - 1 - y],
  4: (x, y, _, H) => [x, H - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, _, H) => [H - 1 - y, x],
  7: (x, y, W, H) => [H - 1 - y, W - 1 - x],
  8: (x, y, W) => [y, W - 1 - x],
}

function turned({ width, height, data }: RGBImage, orientation: number): RGBImage {
  const outWidth = orientation < 5 ? width : height
  const out = new Uint8Array(data.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = UPRIGHT[orientation]!(x, y, width, height)
      for (let c = 0; c < 3; c++) out[3 * (v * outWidth + u) + c] = data[3 * (y * width + x) + c]!
    }
  }
  return { width: outWidth, height: orientation < 5 ? height : width, data: out }
}

test('the EXIF orientation is applied unless turned off', async () => {
  const image = gradient(9, 5)
  const jpeg = await makeJPEG(image)
  const stored = await decodeImage(jpeg)
  for (let orientation = 1; orientation <= 8; orientation++) {
    const tiff = tiffWithOrientation(orientation, orientation % 2 === 0)
    const files = [
      { bytes: withExif(jpeg, tiff), plain: stored },
      { bytes: truecolorPNG(image, [pngChunk('eXIf', tiff)]), plain: image },
    ]
    for (const { bytes, plain } of files) {
      assert.is(await readOrientation(bytes, (await readHeader(bytes)).format), orientation)
      assert.equal(await decodeImage(bytes), turned(plain, orientation))
      assert.equal(await decodeImage(bytes, { orientation: false }), plain)
    }
  }
})

test('broken EXIF blocks and impossible orientations count as upright', async () => {
  const jpeg = await makeJPEG(gradient(9, 5))
  const whole = tiffWithOrientation(6, true)
  const far = whole.slice()
  far[4] = 255
  const blocks = [whole.subarray(0, 20), whole.subarray(0, 3), far, new Uint8Array(0)]
  for (const block of [...blocks, tiffWithOrientation(0, true), tiffWithOrientation(9, false)]) {
    assert.is(await readOrientation(withExif(jpeg, block), 'jpeg'), 1)
  }
})

test('an orientation in a WebP is applied', async () => {
  const image = gradient(9, 5)
  const plain = await makeWebP(image, { lossless: 1 })
  const chunk = (type: string, data: Uint8Array) =>
    join(Buffer.from(type), [data.length, 0, 0, 0], data, data.length % 2 ? [0] : [])
  const extended = chunk('VP8X', Uint8Array.from([8, 0, 0, 0, 8, 0, 0, 4, 0, 0]))
  const body = join(extended, plain.subarray(12), chunk('EXIF', tiffWithOrientation(6, true)))
  const webp = join(Buffer.from('RIFF'), [body.length + 4, 0, 0, 0], Buffer.from('WEBP'), body)
  assert.equal(await decodeImage(webp), turned(image, 6))
  const lying = webp.slice()
  lying[24] = 20
  assert.match((await failure(decodeImage(lying))).message, /canvas of 21 x 5/)
})

test('of an animated WebP the first frame is read, at its place', async () => {
  const [first, second] = [gradient(9, 5), gradient(13, 8)]
  const frame = async (image: RGBImage, left: number, top: number, lossless: number) =>
    riffChunk(
      'ANMF',
      join(
        ...[left / 2, top / 2, image.width - 1, image.height - 1, 100].map(uint24),
        [0],
        (await makeWebP(image, { lossless })).subarray(12),
      ),
    )
  const animation = (...frames: Uint8Array[]) =>
    riff(
      riffChunk('VP8X', [2, 0, 0, 0, ...uint24(12), ...uint24(7)]),
      riffChunk('ANIM', [255, 255, 255, 255, 0, 0]),
      ...frames,
    )
  const whole = animation(await frame(second, 0, 0, 1), await frame(first, 0, 0, 0))
  assert.equal(await decodeImage(whole), second)
  const { width, height, data } = await decodeImage(
    animation(await frame(first, 4, 2, 1), await frame(second, 0, 0, 1)),
  )
  assert.equal([width, height], [13, 8])
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 13; x++) {
      const inside = x >= 4 && y >= 2 && y < 7
      const at = 3 * (9 * (y - 2) + x - 4)
      const expected = inside ? [...first.data.subarray(at, at + 3)] : [0, 0, 0]
      assert.equal([...data.subarray(3 * (13 * y + x), 3 * (13 * y + x) + 3)], expected)
    }
  }
  const outside = animation(await frame(first, 6, 0, 1))
  assert.match((await failure(decodeImage(outside))).message, /canvas of 13 x 8 .* 9 x 5 at 6, 0/)
  const empty = animation(riffChunk('ANMF', new Array(16).fill(0)))
  assert.match((await failure(decodeImage(empty))).message, /first frame .* no image data/)
})

test('too many pixels are refused by the header alone', async () => {
  const image = gradient(40, 30)
  const files = [truecolorPNG(image), await makeJPEG(image), await makeWebP(image)]
  for (const bytes of files) {
    const error = await failure(decodeImage(bytes, { maxPixels: 1199 }))
    assert.is(error.code, 'LIMIT')
    assert.match(error.message, /40 x 30 = 1200 pixels, the limit is 1199/)
    assert.is((await decodeImage(bytes, { maxPixels: 1200 })).width, 40)
  }
  const sky = makePNG({ width: 1, height: 1, colorType: 0, bitDepth: 1, sample: () => 0 })
  const ihdr = new DataView(new ArrayBuffer(13))
  ihdr.setUint32(0, 0x7fffffff)
  ihdr.setUint32(4, 0x7fffffff)
  ihdr.setUint8(8, 1)
  const bomb = join(
    sky.subarray(0, 8),
    pngChunk('IHDR', new Uint8Array(ihdr.buffer)),
    sky.subarray(33),
  )
  assert.is((await failure(decodeImage(bomb))).code, 'LIMIT')
})

test('other formats are named', async () => {
  const cases: [string, string, RegExp][] = [
    ['GIF89a......', 'UNSUPPORTED', /GIF/],
    ['BM..........', 'UNSUPPORTED', /BMP/],
    ['\0\0\0\x20ftypavif', 'UNSUPPORTED', /AVIF/],
    ['<svg xmlns=""', 'UNSUPPORTED', /SVG/],
    ['<!DOCTYPE html><html><title>403</title>', 'FORMAT', /a web page \(HTML\), not an image/],
    ['\xef\xbb\xbf\r\n <!-- by x --> <HTML lang="en">', 'FORMAT', /a web page/],
    ['<head><meta charset="utf-8">', 'FORMAT', /a web page/],
    ['{"error": "no such image"}', 'FORMAT', /JSON.*error of the server/],
    ['/9j/4AAQSkZJRgABAQAAAQABAAD/', 'FORMAT', /an image in base64/],
    ['data:image/png;base64,iVBORw0KGgo', 'FORMAT', /the text of a data: URL/],
    ['II*\0........', 'UNSUPPORTED', /TIFF/],
    ['hello, world', 'FORMAT', /68 65 6c 6c/],
    ['RIFF', 'FORMAT', /52 49 46 46/],
    ['', 'FORMAT', /empty/],
  ]
  for (const [start, code, message] of cases) {
    const error = await failure(decodeImage(new Uint8Array(Buffer.from(start, 'latin1'))))
    assert.is(error.code, code, start)
    assert.match(error.message, message)
    assert.match(error.message, /JPEG, PNG and WebP/)
  }
})

test('kinds of JPEG that are not read are named', async () => {
  const jpeg = await makeJPEG(gradient(9, 5), { progressive: false, baseline: true })
  const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0)
  const changed = (offset: number, value: number) => {
    const copy = jpeg.slice()
    copy[frame + offset] = value
    return decodeImage(copy)
  }
  assert.match((await failure(changed(1, 0xc9))).message, /arithmetic-coded with 8 bits/)
  assert.match((await failure(changed(4, 12))).message, /baseline with 12 bits/)
  assert.match((await failure(changed(9, 2))).message, /2 channels/)
  assert.match((await failure(changed(6, 0))).message, /9 x 0 pixels/)
})

test('stray bytes before the end of a JPEG do no harm, damage inside of it does', async () => {
  const jpeg = await makeJPEG(gradient(64, 64), { progressive: false, baseline: true })
  const stray = join(jpeg.subarray(0, -2), [1, 2, 3], jpeg.subarray(-2))
  assert.equal(await decodeImage(stray), await decodeImage(jpeg))
  const shortened = join(jpeg.subarray(0, jpeg.length / 2), [0xff, 0xd9])
  assert.match((await failure(decodeImage(shortened))).message, /damaged/)
  const comment = withSegment(jpeg, 0xfe, Uint8Array.from([0xff, 0xd9, 0xff, 0xda]))
  assert.equal(await decodeImage(comment), await decodeImage(jpeg))
})

test('every truncation of every format is a FormatError', async () => {
  const image = gradient(21, 13)
  const png = truecolorPNG(image)
  const files = [
    png,
    await makeJPEG(image, { progressive: false, baseline: true }),
    await makeJPEG(image),
    await makeWebP(image),
    await makeWebP(image, { lossless: 1 }),
    sample('a CMYK JPEG'),
  ]
  for (const bytes of files) {
    for (let length = 0; length < bytes.length; length++) {
      const found = await decodeImage(bytes.subarray(0, length)).catch((error) => error)
      // A PNG may end behind its pixels.
      if (bytes === png && length > bytes.length - 24 && !(found instanceof Error)) {
        assert.equal(found, image)
        continue
      }
      assert.instance(found, VitrineError)
      assert.is(found.code, 'FORMAT', `${length} of ${bytes.length} bytes: ${found.message}`)
    }
  }
})

test('2,000 damaged files give a picture or a typed error, and good ones go on working', async () => {
  const image = gradient(21, 13)
  const interlaced = makePNG({
    ...{ width: 21, height: 13, colorType: 2, bitDepth: 8, interlaced: true },
    sample: (x, y, c) => image.data[3 * (y * 21 + x) + c]!,
  })
  const files = [
    truecolorPNG(image),
    interlaced,
    await makeJPEG(image, { progressive: false, baseline: true }),
    await makeJPEG(image),
    await makeWebP(image),
    await makeWebP(image, { lossless: 1 }),
    ...SAMPLES.map(({ base64 }) => bytesOf(base64)),
  ]
  const intact = await Promise.all(files.map((bytes) => decodeImage(bytes)))
  const maxPixels = 2 ** 18
  const random = seeded(7)
  const below = (top: number) => Math.floor(random() * top)
  const outcomes = { picture: 0, error: 0 }
  for (let i = 0; i < 2000; i++) {
    const bytes = files[i % files.length]!.slice()
    for (let flips = 1 + below(4); flips > 0; flips--) bytes[below(bytes.length)] = below(256)
    try {
      const { width, height, data } = await decodeImage(bytes, { maxPixels })
      assert.is(data.length, width * height * 3)
      assert.ok(width * height <= maxPixels)
      outcomes.picture++
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error
      assert.ok(['FORMAT', 'UNSUPPORTED', 'LIMIT'].includes(error.code), error.message)
      outcomes.error++
    }
  }
  assert.ok(outcomes.picture > 50 && outcomes.error > 500, JSON.stringify(outcomes))
  for (const [i, bytes] of files.entries()) assert.equal(await decodeImage(bytes), intact[i])
})

test('decoders work side by side, and an aborted call throws its reason', async () => {
  const good = await makeJPEG(gradient(32, 32))
  // A Huffman table of 255 codes of one bit makes the decoder exit, with others waiting for it.
  const bad = good.slice()
  bad[bad.findIndex((byte, i) => byte === 0xff && bad[i + 1] === 0xc4) + 5] = 255
  assert.match((await failure(decodeImage(bad))).message, /Huffman/)
  const results = await Promise.allSettled([good, bad, good, bad, good].map((b) => decodeImage(b)))
  assert.is(results.map(({ status }) => status[0]).join(''), 'frfrf')
  const reason = new Error('changed my mind')
  const aborted = decodeImage(good, { signal: AbortSignal.abort(reason) })
  assert.is(await aborted.catch((error) => error), reason)
})

test.run()
