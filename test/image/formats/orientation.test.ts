import { deflateSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeImage } from '../../../src/image/decode.ts'
import { readOrientation } from '../../../src/image/formats/orientation.ts'
import {
  ascii,
  gradient,
  join,
  makeJPEG,
  makeWebP,
  pngChunk,
  riff,
  riffChunk,
  tiffWithOrientation,
  truecolorPNG,
  uint24,
  withExif,
  withXMP,
} from '../make.ts'

const image = gradient(9, 5)
const jpeg = await makeJPEG(image)
const webp = await makeWebP(image, { lossless: 1 })
const attribute = '<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
const element = '<x:xmpmeta><tiff:Orientation>8</tiff:Orientation></x:xmpmeta>'

/** The same entry as a LONG. */
function long(orientation: number, littleEndian: boolean): Uint8Array {
  const tiff = tiffWithOrientation(orientation, littleEndian)
  const view = new DataView(tiff.buffer)
  view.setUint16(12, 4, littleEndian)
  view.setUint32(18, orientation, littleEndian)
  return tiff
}

/** As ImageMagick writes it: a name, the length, then hexadecimal in lines of 72 digits. */
function rawProfile(name: string, block: Uint8Array): Uint8Array {
  const lines = Buffer.from(block)
    .toString('hex')
    .match(/.{1,72}/g)!
  const length = String(block.length).padStart(8)
  return join(ascii(`\n${name}\n${length}\n${lines.join('\n')}\n`))
}

const text = (keyword: string, ...rest: (Uint8Array | readonly number[])[]) =>
  join(ascii(`${keyword}\0`), ...rest)

const extended = (...chunks: Uint8Array[]) =>
  riff(riffChunk('VP8X', [12, 0, 0, 0, ...uint24(8), ...uint24(4)]), webp.subarray(12), ...chunks)

test('an orientation that is a LONG, in both orders of bytes', async () => {
  for (const littleEndian of [true, false]) {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const bytes = withExif(jpeg, long(orientation, littleEndian))
      assert.is(await readOrientation(bytes, 'jpeg'), orientation)
    }
    assert.is(await readOrientation(withExif(jpeg, long(65542, littleEndian)), 'jpeg'), 1)
  }
})

test('EXIF as text in a PNG, compressed or not', async () => {
  const block = join(ascii('Exif\0\0'), tiffWithOrientation(6, false))
  const upright = await decodeImage(truecolorPNG(image, [pngChunk('eXIf', block.subarray(6))]))
  assert.is(upright.width, 5)
  for (const name of ['exif', 'APP1']) {
    const profile = rawProfile(name.toLowerCase(), block)
    const keyword = `Raw profile type ${name}`
    const chunks = [
      pngChunk('tEXt', text(keyword, profile)),
      pngChunk('zTXt', text(keyword, [0], deflateSync(profile))),
      pngChunk('iTXt', text(keyword, [0, 0, 0, 0], profile)),
      pngChunk('iTXt', text(keyword, [1, 0], ascii('en\0\0'), deflateSync(profile))),
    ]
    for (const chunk of chunks)
      assert.equal(await decodeImage(truecolorPNG(image, [chunk])), upright)
  }
})

test('XMP alone, in every format', async () => {
  for (const [xmp, orientation] of [
    [attribute, 6],
    [element, 8],
    ["<a tiff:Orientation = '3'/>", 3],
    ['<a tiff:Orientation="77"/>', 1],
    ['<a/>', 1],
  ] as const) {
    const bytes = join(ascii(xmp))
    const png = truecolorPNG(image, [
      pngChunk('iTXt', text('XML:com.adobe.xmp', [0, 0, 0, 0], bytes)),
    ])
    assert.is(await readOrientation(withXMP(jpeg, xmp), 'jpeg'), orientation, xmp)
    assert.is(await readOrientation(png, 'png'), orientation, xmp)
    assert.is(await readOrientation(extended(riffChunk('XMP ', bytes)), 'webp'), orientation, xmp)
  }
})

test('EXIF takes precedence over XMP if it has an orientation', async () => {
  const tiff = tiffWithOrientation(3, true)
  assert.is(await readOrientation(withExif(withXMP(jpeg, attribute), tiff), 'jpeg'), 3)
  const other = tiff.slice()
  other[10] = 0x13
  assert.is(await readOrientation(withExif(withXMP(jpeg, attribute), other), 'jpeg'), 6)
})

test('broken texts and bombs count as upright', async () => {
  const keyword = 'Raw profile type exif'
  const whole = deflateSync(rawProfile('exif', tiffWithOrientation(6, true)))
  const damaged = [
    text(keyword, [0], whole.subarray(0, 9)),
    text(keyword, [0], ascii('not deflate')),
    text(keyword, [0], deflateSync(new Uint8Array(2 ** 26))),
    text(keyword),
    ascii(keyword),
    [],
  ]
  for (const data of damaged) {
    const png = truecolorPNG(image, [pngChunk('zTXt', Uint8Array.from(data))])
    assert.is(await readOrientation(png, 'png'), 1)
  }
})

test.run()
