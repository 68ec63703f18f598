/** A decoded image: 8-bit RGB, row by row from the top left. */
export interface RGBImage {
  /** In pixels, from 1. */
  readonly width: number
  /** In pixels, from 1. */
  readonly height: number
  /** `height * width * 3` bytes */
  readonly data: Uint8Array
}

/** How many channels a model takes: red, green and blue, or grey. */
export type Channels = 1 | 3

/** Raw pixels: grey, or RGB with or without alpha (ignored), as `ImageData` and canvases have them. */
export interface RawImage {
  /** In pixels, from 1. */
  readonly width: number
  /** In pixels, from 1. */
  readonly height: number
  /** `height * width` bytes for grey, `* 3` for RGB, `* 4` for RGBA; row by row from the top left */
  readonly data: Uint8Array | Uint8ClampedArray
}

/** What has a picture in a page; in browsers only. It stays the caller's: nothing is closed. */
export type PageImage =
  | HTMLImageElement
  | HTMLVideoElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | ImageBitmap
  | VideoFrame

/** An image input: a path or URL, encoded bytes, raw pixels, or a picture of a page. */
export type ImageInput = string | URL | Blob | ArrayBuffer | Uint8Array | RawImage | PageImage
