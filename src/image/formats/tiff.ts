/** The EXIF `Orientation` tag; 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

const ORIENTATION_TAG = 0x0112
const SHORT = 3
const LONG = 4

/**
 * Reads the orientation from a TIFF structure, as EXIF blocks hold it (EXIF 2.32, section 4.6.4).
 * Bad metadata must not prevent decoding: a value out of range counts as upright.
 * @returns undefined if the block has no orientation or is malformed
 */
export function readTIFFOrientation(tiff: Uint8Array): Orientation | undefined {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  if (view.byteLength < 8) return undefined
  const order = view.getUint16(0)
  if (order !== 0x4949 && order !== 0x4d4d) return undefined
  const little = order === 0x4949
  const directory = view.getUint32(4, little)
  if (directory + 2 > view.byteLength) return undefined
  const entries = view.getUint16(directory, little)
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i
    if (entry + 12 > view.byteLength) return undefined
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue
    const type = view.getUint16(entry + 2, little)
    if (type === SHORT) return orientationOf(view.getUint16(entry + 8, little))
    return type === LONG ? orientationOf(view.getUint32(entry + 8, little)) : 1
  }
  return undefined
}

export const orientationOf = (value: number): Orientation =>
  value >= 1 && value <= 8 ? (value as Orientation) : 1
