import {
  ascii,
  gradient,
  join,
  makeJPEG,
  makePNG,
  makeWebP,
  noise,
  pngChunk,
  riff,
  riffChunk,
  tiffWithOrientation,
  truecolorPNG,
  uint24,
  withExif,
  withSegment,
  withXMP,
} from '../make.ts'
import { blocksJPEG } from '../make-blocks.ts'
import { SAMPLES } from '../samples.ts'

/** A file, and whether the browser's decoder decodes it. */
export interface Case {
  readonly name: string
  readonly bytes: Uint8Array
  readonly byBrowser: boolean
}

const sample = (name: string) =>
  new Uint8Array(Buffer.from(SAMPLES.find((one) => one.name === name)!.base64, 'base64'))

const image = gradient(61, 47)
const rough = noise(40, 33)
const full = { auto_subsample: false, chroma_subsample: 1 }
const baseline = { progressive: false, baseline: true }

/** A colour profile whose tables halve all values: it is seen where a decoder applies it. */
function darkProfile(): Uint8Array {
  const curve = [...ascii('curv'), 0, 0, 0, 0, 0, 0, 0, 1, 8, 0, 0, 0]
  const xyz = (x: number, y: number, z: number) => [
    ...ascii('XYZ '),
    ...[0, x, y, z].flatMap((value) => [0, 0, value >> 8, value & 255]),
  ]
  const tags: [string, number[]][] = [
    ['rXYZ', xyz(0x6fa2, 0x38f5, 0x0390)],
    ['gXYZ', xyz(0x6299, 0xb785, 0x18da)],
    ['bXYZ', xyz(0x24a0, 0x0f84, 0xb6cf)],
    ['wtpt', xyz(0xf351, 0xffff, 0x16cc)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ]
  const word = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255)
  let at = 128 + 4 + 12 * tags.length
  const table = tags.flatMap(([name, data]) => {
    const entry = [...ascii(name), ...word(at), ...word(data.length)]
    at += data.length
    return entry
  })
  const header = [
    ...word(at),
    ...ascii('none'),
    ...[2, 0x40, 0, 0],
    ...ascii('mntrRGB XYZ '),
    ...new Array<number>(12).fill(0),
    ...ascii('acsp'),
    ...new Array<number>(28).fill(0),
    ...[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d],
    ...new Array<number>(48).fill(0),
  ]
  return Uint8Array.from([...header, ...word(tags.length), ...table, ...tags.flatMap(([, d]) => d)])
}

const withProfile = (jpeg: Uint8Array) =>
  withSegment(jpeg, 0xe2, join(ascii('ICC_PROFILE\0'), [1, 1], darkProfile()))

async function jpegs(): Promise<Case[]> {
  const plain = await makeJPEG(image, { ...full, ...baseline })
  const progressive = await makeJPEG(image, { ...full, progressive: true })
  const files: [string, Uint8Array][] = [
    ['baseline 4:4:4', plain],
    ['progressive 4:4:4', progressive],
    [
      'baseline 4:2:0',
      await makeJPEG(image, { chroma_subsample: 2, auto_subsample: false, ...baseline }),
    ],
    ['progressive 4:2:0', await makeJPEG(rough, { chroma_subsample: 2, auto_subsample: false })],
    ['grey', await makeJPEG(image, { color_space: 1 })],
    ['RGB', await makeJPEG(image, { color_space: 2, ...full })],
    ['noise, low quality', await makeJPEG(rough, { quality: 20 })],
    ['restart markers', sample('a JPEG with restart markers')],
    ['a colour profile', withProfile(plain)],
    ['an orientation in XMP', withXMP(plain, '<x tiff:Orientation="6"/>')],
    [
      'a comment, and bytes after the end',
      join(withSegment(plain, 0xfe, join(ascii('hi'))), [1, 2]),
    ],
  ]
  for (let orientation = 1; orientation <= 8; orientation++) {
    const exif = tiffWithOrientation(orientation, orientation % 2 === 0)
    files.push([`orientation ${orientation}`, withExif(plain, exif)])
  }
  const size = { width: 61, height: 47 }
  for (const luma of [0x11, 0x21, 0x12, 0x22]) {
    const name = `luma sampled ${luma >> 4} x ${luma & 15}`
    const sampling = [luma, 0x11, 0x11]
    files.push([name, blocksJPEG({ ...size, sampling, seed: luma })])
    files.push([
      `${name}, with restarts`,
      blocksJPEG({ ...size, sampling, interval: 3, seed: luma }),
    ])
    files.push([`${name}, in three scans`, blocksJPEG({ ...size, sampling, scans: 'each' })])
  }
  files.push(['one channel sampled 2 x 2', blocksJPEG({ ...size, sampling: [0x22] })])
  const odd: [string, Uint8Array][] = [
    ['CMYK', sample('a CMYK JPEG')],
    ['chroma sampled more than luma', blocksJPEG({ ...size, sampling: [0x11, 0x22, 0x11] })],
    ['luma sampled 4 x 1', blocksJPEG({ ...size, sampling: [0x41, 0x11, 0x11] })],
  ]
  return [
    ...files.map(([name, bytes]) => ({ name: `JPEG, ${name}`, bytes, byBrowser: true })),
    ...odd.map(([name, bytes]) => ({ name: `JPEG, ${name}`, bytes, byBrowser: false })),
  ]
}

/** A WebP with a canvas, whose flags tell of animation, alpha and EXIF. */
const onCanvas = (width: number, height: number, flags: number, ...chunks: Uint8Array[]) =>
  riff(riffChunk('VP8X', [flags, 0, 0, 0, ...uint24(width - 1), ...uint24(height - 1)]), ...chunks)

const frame = (x: number, y: number, width: number, height: number, chunks: Uint8Array) =>
  riffChunk('ANMF', [...[x / 2, y / 2, width - 1, height - 1, 100].flatMap(uint24), 0, ...chunks])

async function webps(): Promise<Case[]> {
  const lossy = await makeWebP(image)
  const lossless = await makeWebP(image, { lossless: 1 })
  const other = await makeWebP(gradient(31, 23))
  const { width, height } = image
  const exif = riffChunk('EXIF', tiffWithOrientation(6, true))
  const body = (file: Uint8Array) => file.subarray(12)
  const animation = riffChunk('ANIM', [0, 0, 0, 0, 0, 0])
  const transparent = await makeWebP(image, { lossless: 1, exact: 1 }, 100)
  return [
    { name: 'WebP, lossy', bytes: lossy, byBrowser: true },
    { name: 'WebP, lossless', bytes: lossless, byBrowser: true },
    { name: 'WebP, lossy noise', bytes: await makeWebP(rough, { quality: 30 }), byBrowser: true },
    { name: 'WebP, lossy with alpha', bytes: await makeWebP(image, {}, 100), byBrowser: true },
    { name: 'WebP, lossless with alpha', bytes: transparent, byBrowser: false },
    {
      name: 'WebP, orientation 6',
      bytes: onCanvas(width, height, 0x08, body(lossy), exif),
      byBrowser: true,
    },
    {
      name: 'WebP, animated',
      bytes: onCanvas(width, height, 0x02, animation, frame(0, 0, width, height, body(lossy))),
      byBrowser: true,
    },
    {
      name: 'WebP, animated, of small frames',
      bytes: onCanvas(width, height, 0x02, animation, frame(4, 6, 31, 23, body(other))),
      byBrowser: false,
    },
  ]
}

function pngs(): Case[] {
  const { width, height, data } = image
  const sample = (x: number, y: number, c: number) => (c === 3 ? x : data[3 * (y * width + x) + c]!)
  const deep = (x: number, y: number, c: number) => 257 * sample(x, y, c) - (c === 0 ? 100 : 0)
  const files: [string, Uint8Array][] = [
    ['RGB', truecolorPNG(image)],
    ['RGBA', makePNG({ width, height, colorType: 6, bitDepth: 8, sample })],
    [
      '16 bits',
      makePNG({
        width,
        height,
        colorType: 2,
        bitDepth: 16,
        sample: (...at) => Math.max(0, deep(...at)),
      }),
    ],
    ['gamma', truecolorPNG(image, [pngChunk('gAMA', Uint8Array.of(0, 0, 0x27, 0x10))])],
  ]
  return files.map(([name, bytes]) => ({ name: `PNG, ${name}`, bytes, byBrowser: false }))
}

/** Files that every decoder must read the same. */
export const goodCases = async (): Promise<Case[]> => [
  ...(await jpegs()),
  ...(await webps()),
  ...pngs(),
]

/** Files that are damaged, most of which browsers show nevertheless. */
export async function damagedCases(): Promise<{ name: string; bytes: Uint8Array }[]> {
  const end = Uint8Array.of(0xff, 0xd9)
  const half = (bytes: Uint8Array) => bytes.subarray(0, bytes.length * 0.6)
  const cut = (bytes: Uint8Array) => join(half(bytes), end)
  const plain = await makeJPEG(rough, baseline)
  const progressive = await makeJPEG(rough)
  const restarts = blocksJPEG({ width: 61, height: 47, sampling: [0x22, 0x11, 0x11], interval: 3 })
  const marker = restarts.findIndex((byte, i) => byte === 0xff && restarts[i + 1] === 0xd2)
  const without = (bytes: Uint8Array, at: number, count: number) =>
    join(bytes.subarray(0, at), bytes.subarray(at + count))
  const lossy = await makeWebP(rough)
  const png = truecolorPNG(rough)
  return [
    { name: 'a JPEG, cut off', bytes: half(plain) },
    { name: 'a JPEG, cut off, with an end', bytes: cut(plain) },
    { name: 'a progressive JPEG, cut off, with an end', bytes: cut(progressive) },
    { name: 'a JPEG without some bytes', bytes: without(plain, plain.length - 200, 100) },
    { name: 'a JPEG without a restart marker', bytes: without(restarts, marker, 2) },
    { name: 'a JPEG without an interval', bytes: without(restarts, marker - 40, 30) },
    {
      name: 'a JPEG with stray bytes before a restart marker',
      bytes: join(restarts.subarray(0, marker), [1, 2, 3], restarts.subarray(marker)),
    },
    { name: 'a WebP, cut off', bytes: half(lossy) },
    { name: 'a PNG, cut off', bytes: half(png) },
    {
      name: 'a PNG, cut off, with an end',
      bytes: join(half(png), pngChunk('IEND', new Uint8Array())),
    },
  ]
}
