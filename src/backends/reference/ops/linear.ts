import type { Activation, Linear } from '../../../program/ops/linear.ts'
import { type Matrix, matrix } from '../matrix.ts'
import type { Compute } from './compute.ts'
import { geluErf, geluTanh, quickGelu, silu } from './gelu.ts'

export const activations: Record<Activation, (x: number) => number> = {
  none: (x) => x,
  gelu_tanh: geluTanh,
  gelu_erf: geluErf,
  quick_gelu: quickGelu,
  silu,
  tanh: Math.tanh,
}

export const linear: Compute<Linear> = (op, { value, weight, optional }) => {
  const residual = op.residual === undefined ? undefined : value(op.residual)
  const { input, kernel, bias, activation } = op
  return [product(value(input), weight(kernel), optional(bias), activation, residual)]
}

/** `activation(a x b + bias) + residual`. */
export function product(
  a: Matrix,
  b: Matrix,
  bias: Matrix | undefined,
  activation: Activation,
  residual: Matrix | undefined,
): Matrix {
  const [rows, inner] = a.shape
  const columns = b.shape[1]
  const out = matrix(rows, columns)
  const activate = activations[activation]
  for (let i = 0; i < rows; i++) {
    const row = out.data.subarray(i * columns, (i + 1) * columns)
    if (bias) row.set(bias.data)
    for (let k = 0; k < inner; k++) {
      const factor = a.data[i * inner + k]!
      const line = b.data.subarray(k * columns, (k + 1) * columns)
      for (let j = 0; j < columns; j++) row[j]! += factor * line[j]!
    }
    for (let j = 0; j < columns; j++) {
      row[j] = activate(row[j]!) + (residual ? residual.data[i * columns + j]! : 0)
    }
  }
  return out
}
