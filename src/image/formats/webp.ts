import createWebP from '@jsquash/webp/codec/dec/webp_dec.js'
import type { RGBImage } from '../image.ts'
import { dropAlpha } from '../rgba.ts'
import { wasmDecoder } from './wasm-codec.ts'

const decodeLibWebP = wasmDecoder<[]>(createWebP as never, '@jsquash/webp/codec/dec/webp_dec.wasm')

/** Decodes a still WebP, lossy or lossless, as it is stored; alpha is dropped, not composited. */
export async function decodeWebP(bytes: Uint8Array): Promise<RGBImage> {
  const { pixels } = await decodeLibWebP(bytes)
  const { width, height, data } = pixels
  return { width, height, data: dropAlpha(data) }
}
