import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { deflateSync } from 'node:zlib'
import { crc32 } from '../../src/bytes/crc32.ts'
import type { RGBImage } from '../../src/image/image.ts'

/** A small generator of numbers below 1, the same ones every time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A picture no two pixels of which look alike: what is mirrored, turned or shifted shows. */
export function gradient(width: number, height: number): RGBImage {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[i++] = (255 * (x + 1)) / width
      data[i++] = (255 * (y + 1)) / height
      data[i++] = 128 + 100 * Math.sin((x * 2 + y * 3) / 8)
    }
  }
  return { width, height, data }
}

/** Bytes without order, by a formula that other languages can repeat. */
export function noise(width: number, height: number): RGBImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i * 7 + i * 13) >> 3)
  return { width, height, data }
}

export function withAlpha({ width, height, data }: RGBImage, alpha = 255) {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(alpha)
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i)
  return { width, height, data: rgba }
}

interface Encoder {
  encode(rgba: Uint8ClampedArray, width: number, height: number, options: object): Uint8Array
}

const require = createRequire(import.meta.url)

async function encoder(specifier: string): Promise<Encoder> {
  const { default: create } = await import(`${specifier}.js`)
  const module = new WebAssembly.Module(readFileSync(require.resolve(`${specifier}.wasm`)))
  return create({
    noInitialRun: true,
    instantiateWasm(imports: WebAssembly.Imports, done: (i: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports)
      done(instance)
      return instance.exports
    },
  })
}

export async function makeJPEG(image: RGBImage, options: object = {}): Promise<Uint8Array> {
  const { encode } = await encoder('@jsquash/jpeg/codec/enc/mozjpeg_enc')
  const { defaultOptions } = await import('@jsquash/jpeg/meta.js')
  const { width, height, data } = withAlpha(image)
  return encode(data, width, height, { ...defaultOptions, quality: 95, ...options }).slice()
}

export async function makeWebP(
  image: RGBImage,
  options: object = {},
  alpha = 255,
): Promise<Uint8Array> {
  const { encode } = await encoder('@jsquash/webp/codec/enc/webp_enc')
  const { defaultOptions } = await import('@jsquash/webp/meta.js')
  const { width, height, data } = withAlpha(image, alpha)
  return encode(data, width, height, { ...defaultOptions, ...options }).slice()
}

/** An EXIF block with nothing but an orientation, big- or little-endian. */
export function tiffWithOrientation(orientation: number, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(26))
  view.setUint16(0, littleEndian ? 0x4949 : 0x4d4d)
  view.setUint16(2, 42, littleEndian)
  view.setUint32(4, 8, littleEndian)
  view.setUint16(8, 1, littleEndian)
  view.setUint16(10, 0x0112, littleEndian)
  view.setUint16(12, 3, littleEndian)
  view.setUint32(14, 1, littleEndian)
  view.setUint16(18, orientation, littleEndian)
  return new Uint8Array(view.buffer)
}

export function join(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]))
}

export const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0))

/** Puts a segment behind a JPEG's start-of-image marker. */
export function withSegment(jpeg: Uint8Array, marker: number, content: Uint8Array): Uint8Array {
  const length = content.length + 2
  const head = [0xff, marker, length >> 8, length & 255]
  return join(jpeg.subarray(0, 2), head, content, jpeg.subarray(2))
}

export const withXMP = (jpeg: Uint8Array, text: string) =>
  withSegment(jpeg, 0xe1, join(ascii(`http://ns.adobe.com/xap/1.0/\0${text}`)))

/** A RIFF file of chunks. */
export function riff(...chunks: Uint8Array[]): Uint8Array {
  const body = join(ascii('WEBP'), ...chunks)
  return join(ascii('RIFF'), uint32(body.length), body)
}

export const riffChunk = (type: string, data: Uint8Array | readonly number[]) =>
  join(ascii(type), uint32(data.length), data, data.length % 2 ? [0] : [])

const uint32 = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255)

export const uint24 = (value: number) => uint32(value).slice(0, 3)

export const withExif = (jpeg: Uint8Array, tiff: Uint8Array) =>
  withSegment(jpeg, 0xe1, join(ascii('Exif\0\0'), tiff))

export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const covered = join(ascii(type), data)
  const view = new DataView(new ArrayBuffer(8))
  view.setUint32(0, data.length)
  view.setUint32(4, crc32(covered))
  const numbers = new Uint8Array(view.buffer)
  return join(numbers.subarray(0, 4), covered, numbers.subarray(4))
}

export interface PNGSpec {
  readonly width: number
  readonly height: number
  readonly colorType: number
  readonly bitDepth: number
  /** One sample of the picture: channel `c` of the pixel at `x`, `y`. */
  readonly sample: (x: number, y: number, c: number) => number
  readonly interlaced?: boolean
  /** The filter of every row; all of them in turn unless said otherwise. */
  readonly filter?: number
  readonly palette?: Uint8Array
  readonly before?: readonly Uint8Array[]
}

const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/** Writes any kind of PNG, straight from the specification and sharing no code with the decoder. */
export function makePNG(spec: PNGSpec): Uint8Array {
  const { width, height, colorType, bitDepth } = spec
  const ihdr = new DataView(new ArrayBuffer(13))
  ihdr.setUint32(0, width)
  ihdr.setUint32(4, height)
  ihdr.setUint8(8, bitDepth)
  ihdr.setUint8(9, colorType)
  ihdr.setUint8(12, spec.interlaced ? 1 : 0)
  const rows = (spec.interlaced ? PASSES : [[0, 0, 1, 1] as const]).flatMap((pass) =>
    packPass(spec, pass),
  )
  return join(
    [0x89, ...ascii('PNG\r\n\x1a\n')],
    pngChunk('IHDR', new Uint8Array(ihdr.buffer)),
    ...(spec.before ?? []),
    ...(spec.palette ? [pngChunk('PLTE', spec.palette)] : []),
    pngChunk('IDAT', deflateSync(Uint8Array.from(rows))),
    pngChunk('IEND', new Uint8Array()),
  )
}

function packPass(
  { width, height, colorType, bitDepth, sample, filter }: PNGSpec,
  [x0, y0, dx, dy]: readonly [number, number, number, number],
): number[] {
  const channels = CHANNELS[colorType]!
  const step = Math.max(1, (channels * bitDepth) / 8)
  const out: number[] = []
  let previous: number[] = []
  for (let y = y0, row = 0; y < height; y += dy, row++) {
    const bits: string[] = []
    for (let x = x0; x < width; x += dx) {
      for (let c = 0; c < channels; c++)
        bits.push(sample(x, y, c).toString(2).padStart(bitDepth, '0'))
    }
    const bytes = (bits.join('').match(/.{1,8}/g) ?? []).map((b) =>
      Number.parseInt(b.padEnd(8, '0'), 2),
    )
    if (bytes.length === 0) return []
    const type = filter ?? row % 5
    out.push(type)
    bytes.forEach((byte, i) => {
      const a = bytes[i - step] ?? 0
      const b = previous[i] ?? 0
      const c = i < step ? 0 : (previous[i - step] ?? 0)
      const p = a + b - c
      const nearest = [a, b, c].reduce((best, v) =>
        Math.abs(p - v) < Math.abs(p - best) ? v : best,
      )
      out.push((byte - [0, a, b, (a + b) >> 1, nearest][type]!) & 255)
    })
    previous = bytes
  }
  return out
}

export function truecolorPNG(image: RGBImage, before: readonly Uint8Array[] = []): Uint8Array {
  const { width, height, data } = image
  const sample = (x: number, y: number, c: number) => data[3 * (y * width + x) + c]!
  return makePNG({ width, height, colorType: 2, bitDepth: 8, sample, before })
}
