/** A rectangle of a resized picture, in its pixels: only this part of it is computed. */
export interface Region {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}
