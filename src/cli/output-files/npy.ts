/** Length of the header; NumPy aligns the data that follows to 64 bytes. */
const HEADER_BYTES = 128

/**
 * The header of a NumPy file of float32, version 1.0, C order. Its length is fixed, so that it can be
 * overwritten once the number of rows is known.
 */
export function npyHeader(shape: readonly number[]): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  const header = new Uint8Array(HEADER_BYTES).fill(0x20)
  header.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0])
  new DataView(header.buffer).setUint16(8, HEADER_BYTES - 10, true)
  header.set(new TextEncoder().encode(text), 10)
  header[HEADER_BYTES - 1] = 0x0a
  return header
}

/** Values as bytes of a NumPy file, little-endian. */
export function npyBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = new DataView(bytes.buffer)
  values.forEach((value, i) => {
    view.setFloat32(4 * i, value, true)
  })
  return bytes
}
