import type { ImageFormat } from '../formats/known-format.ts'
import type { Turns } from '../turns.ts'

/** A file to give to the browser. */
export interface BrowserFile {
  /** Only what makes the pixels: browsers differ in which metadata they apply. */
  readonly file: Blob
  /** Whether all pixels are there and undamaged; only then the browser's pixels count. */
  isIntact(turns: Turns): Promise<boolean>
}

export const blobOf = (parts: readonly Uint8Array[], format: ImageFormat) =>
  new Blob(parts as readonly BlobPart[] as BlobPart[], { type: `image/${format}` })
