import createMozJPEG from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js'
import { FormatError } from '../../errors.ts'
import type { RGBImage } from '../image.ts'
import { dropAlpha } from '../rgba.ts'
import type { ImageHeader } from './header.ts'
import { checkJPEGStructure } from './jpeg-header.ts'
import { wasmDecoder } from './wasm-codec.ts'

const decodeMozJPEG = wasmDecoder<[preserveOrientation: boolean]>(
  createMozJPEG as never,
  '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
)

/**
 * Complaints of libjpeg (jerror.h) that leave the pixels as they were meant. After all others it has
 * made pixels up, and goes on without a word. Stray bytes are harmless between segments, not before
 * a restart marker (0xd0 to 0xd7), where they are lost blocks.
 */
const HARMLESS =
  /extraneous bytes before marker 0x(?!d[0-7])|JFIF revision|Adobe color transform|Invalid SOS parameters/

/**
 * Decodes a JPEG as it is stored, EXIF orientation not applied. The pixels are libjpeg's with its
 * accurate integer DCT and smooth chroma upsampling, byte for byte those of Pillow; CMYK files go to
 * another decoder and may differ by a few levels. Colour profiles are ignored. Throws `FormatError`
 * for files that end early or whose compressed data is damaged.
 */
export async function decodeJPEG(bytes: Uint8Array, header: ImageHeader): Promise<RGBImage> {
  checkJPEGStructure(bytes)
  if (header.components === 4) {
    const { decodeCMYK } = await import('./cmyk.ts')
    return decodeCMYK(bytes, header)
  }
  const { pixels, complaints } = await decodeMozJPEG(bytes, false)
  const serious = complaints.find((complaint) => !HARMLESS.test(complaint))
  if (serious !== undefined) throw new FormatError(`This JPEG file is damaged: ${serious}.`)
  const { width, height, data } = pixels
  return { width, height, data: dropAlpha(data) }
}
