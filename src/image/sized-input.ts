import { platform } from '#platform'
import { checkHeader } from './decode.ts'
import { readOrientation } from './formats/orientation.ts'
import type { ImageInput, PageImage } from './image.ts'
import { capture, type InputOptions, isRaw } from './input.ts'
import type { TargetSize } from './preprocess/fit.ts'
import { readImage } from './read.ts'
import { AXES } from './upright.ts'

/** An image whose size is known, as input for `toPixels`, which reads nothing again. */
export interface SizedInput {
  readonly input: ImageInput
  /** Height and width once it is upright. */
  readonly size: TargetSize
  /** Frees what was captured of a page. */
  close(): void
}

/**
 * The size of an image before it is decoded.
 * @throws what `toRGB` throws for its header
 */
export async function sizedInput(
  input: ImageInput,
  { maxBytes, maxPixels, orientation = true, signal }: InputOptions,
): Promise<SizedInput> {
  signal?.throwIfAborted()
  const kind = platform.pictures?.kind(input)
  if (kind !== undefined) {
    const bitmap = await capture(input, kind, { maxPixels, orientation }, signal)
    const { width, height } = bitmap
    return { input: bitmap, size: [height, width], close: () => bitmap.close() }
  }
  const close = () => {}
  if (isRaw(input)) {
    const { width, height, data } = input
    return { input: { width, height, data }, size: [height, width], close }
  }
  const file = input as Exclude<typeof input, PageImage>
  const { bytes } = await readImage(file, { maxBytes, signal })
  const { width, height, format } = await checkHeader(bytes, maxPixels)
  const isTurned = orientation && AXES[await readOrientation(bytes, format)].swap
  return { input: bytes, size: isTurned ? [width, height] : [height, width], close }
}
