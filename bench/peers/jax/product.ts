import type { Conv2d } from '../../../src/program/ops/conv2d.ts'
import type { Linear } from '../../../src/program/ops/linear.ts'
import type { Weight } from '../../../src/program/values.ts'
import { transposed } from '../formats/matrix.ts'
import type { Jax, JaxArray } from './jax-js.ts'
import type { Lowering } from './lowering.ts'

/**
 * A weight as an array. Kernels lie transposed: jax-js sums rows with SIMD for every shape, and columns
 * for some shapes only, which makes fc1 twice as slow.
 */
export function weightArray({ numpy }: Jax, { role, shape }: Weight, values: Float32Array) {
  const [rows, columns] = shape
  return role === 'kernel'
    ? numpy.array(transposed(values, columns), { shape: [columns, rows] })
    : numpy.array(values, { shape: [rows, columns] })
}

/** `input x kernel + bias` */
export function product(
  { input, kernel, bias }: Pick<Linear | Conv2d, 'input' | 'kernel' | 'bias'>,
  lowering: Lowering,
): JaxArray {
  const { numpy } = lowering.jax
  const y = numpy.matmul(lowering.value(input), lowering.weight(kernel).transpose())
  return bias === undefined ? y : y.add(lowering.weight(bias))
}
