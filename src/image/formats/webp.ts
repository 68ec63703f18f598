import createWebP from '@jsquash/webp/codec/dec/webp_dec.js'
import { FormatError } from '../../errors.ts'
import { allocate, checkDecodingBytes } from '../allocate.ts'
import type { RGBImage } from '../image.ts'
import { dropAlphaInPlace } from '../rgba.ts'
import type { RowSink } from '../rows.ts'
import type { Turns } from '../turns.ts'
import { putAll } from '../upright.ts'
import type { ImageHeader } from './header.ts'
import { wasmDecoder } from './wasm-codec.ts'
import { type Frame, readFirstFrame, stillWebP } from './webp-header.ts'

const decodeLibWebP = wasmDecoder<[]>(createWebP as never, 'webp')

/**
 * Decodes a WebP, lossy or lossless; of an animation the first frame, on black if it is
 * smaller than the canvas. Alpha is dropped, not composited.
 */
export async function decodeWebP<Sink extends RowSink>(
  bytes: Uint8Array,
  { width, height }: ImageHeader,
  newSink: () => Sink,
  turns: Turns,
): Promise<Sink> {
  const { frame } = readFirstFrame(bytes)
  checkDecodingBytes(bytesFor(frame), 'WebP file', 'JPEG or PNG')
  const { pixels } = await decodeLibWebP(stillWebP(frame.chunk))
  // In browsers they are an ImageData, of which a spread copies nothing.
  const { width: columns, height: rows, data } = pixels
  if (columns !== frame.width || rows !== frame.height) {
    throw new FormatError(
      `The header of this WebP file says ${frame.width} x ${frame.height} pixels, but it holds ${columns} x ${rows}.`,
    )
  }
  let image: RGBImage = { width: columns, height: rows, data: dropAlphaInPlace(data) }
  if (frame.width !== width || frame.height !== height) {
    image = place(image, frame, { width, height, data: allocate(3 * width * height) })
  }
  const sink = newSink()
  await putAll(sink, image, turns)
  return sink
}

/**
 * RGBA in the decoder, whose memory grows in steps and has a lossless picture twice; the same outside, and that of the
 * picture before, since engines collect it late.
 */
const bytesFor = ({ width, height, chunk }: Frame) =>
  width * height * (chunk.type === 'VP8L' ? 18 : 13)

/** Draws a frame on its canvas. */
function place(
  { width, height, data }: RGBImage,
  { left, top }: { left: number; top: number },
  canvas: RGBImage,
): RGBImage {
  for (let y = 0; y < height; y++) {
    const row = data.subarray(3 * width * y, 3 * width * (y + 1))
    canvas.data.set(row, 3 * (canvas.width * (top + y) + left))
  }
  return canvas
}
