import type { Orientation } from '../formats/tiff.ts'
import type { RowSink } from '../rows.ts'

/** Resizes a picture while it is decoded. */
export interface Resizer<Values extends Uint8Array | Float32Array> extends RowSink {
  /** `[height, width, 3]` of the window, upright; to be called once, after the last row. */
  finish(): Values
}

/** A picture as its rows come: its sides as stored, and how it is turned upright. */
export interface Stored {
  readonly width: number
  readonly height: number
  readonly orientation: Orientation
}
