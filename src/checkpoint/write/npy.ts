/** NumPy aligns the data to 64 bytes, and leaves room for a longer shape. */
const alignment = 64
const shortest = 128

/**
 * The header of an `.npy` array in C order, version 1.0. It has 128 bytes for every shape of up to three sides, so that
 * it can be overwritten once the number of rows is known.
 */
export function npyHeader(shape: readonly number[], dtype: 'f16' | 'f32' = 'f32'): Uint8Array {
  const tuple = `${shape.join(', ')}${shape.length === 1 ? ',' : ''}`
  const text = `{'descr': '${dtype === 'f16' ? '<f2' : '<f4'}', 'fortran_order': False, 'shape': (${tuple}), }`
  const length = Math.max(shortest, Math.ceil((text.length + 11) / alignment) * alignment)
  const header = new Uint8Array(length).fill(0x20)
  header.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0])
  new DataView(header.buffer).setUint16(8, length - 10, true)
  header.set(new TextEncoder().encode(text), 10)
  header[length - 1] = 0x0a
  return header
}

/** Values of float32, or the bits of float16, as bytes of an `.npy` array, little-endian. */
export function npyBytes(values: Float32Array | Uint16Array): Uint8Array {
  const bytes = new Uint8Array(values.byteLength)
  const view = new DataView(bytes.buffer)
  values.forEach((value, i) => {
    if (values instanceof Uint16Array) view.setUint16(2 * i, value, true)
    else view.setFloat32(4 * i, value, true)
  })
  return bytes
}
