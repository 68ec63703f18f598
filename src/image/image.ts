/** A decoded image: 8-bit RGB, row by row from the top left. */
export interface RGBImage {
  readonly width: number
  readonly height: number
  /** `height * width * 3` bytes */
  readonly data: Uint8Array
}

/** Raw pixels, such as `ImageData`; alpha is ignored. */
export interface RawImage {
  readonly width: number
  readonly height: number
  /** `height * width * 3` or `* 4` bytes */
  readonly data: Uint8Array | Uint8ClampedArray
}

/** An image input: a path or URL, encoded bytes, or raw pixels. */
export type ImageInput = string | URL | Blob | ArrayBuffer | Uint8Array | RawImage
