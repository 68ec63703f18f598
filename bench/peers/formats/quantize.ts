import type { Dtype } from '../../engine/peer.ts'

/**
 * Whether a layer's weights become int8: those of blocks, of a ResNet's units, and a product by itself. What reads
 * pixels or features first and the head stay f32, as is usual: they are few, and errors there cost most.
 * @param kernel the name of the layer's weights in the program
 */
export function isQuantized(dtype: Dtype, kernel: string): boolean {
  return dtype === 'int8' && /^(blocks|stages|op)\./.test(kernel)
}

/**
 * Scales of symmetric int8, one for each column of a row-major matrix: its largest magnitude becomes
 * 127.
 */
export function columnScales(matrix: Float32Array, width: number): Float32Array {
  const scales = new Float32Array(width)
  for (let i = 0, column = 0; i < matrix.length; i++) {
    scales[column] = Math.max(scales[column]!, Math.abs(matrix[i]!))
    if (++column === width) column = 0
  }
  // A column of zeros needs some scale, whichever.
  return scales.map((largest) => largest / 127 || 1)
}

/** The integers of a row-major matrix whose columns have these scales: at most half a step away. */
export function quantized(matrix: Float32Array, scales: Float32Array): Int8Array {
  const result = new Int8Array(matrix.length)
  const width = scales.length
  for (let i = 0, column = 0; i < matrix.length; i++) {
    const value = Math.round(matrix[i]! / scales[column]!)
    result[i] = Math.max(-127, Math.min(127, value))
    if (++column === width) column = 0
  }
  return result
}
