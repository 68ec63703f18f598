import type { Activation, Shape } from '../../program/program.ts'
import { geluErf, geluTanh } from './math.ts'

/** Row-major, float64. */
export interface Matrix {
  readonly shape: Shape
  readonly data: Float64Array
}

export function matrix(rows: number, columns: number): Matrix {
  return { shape: [rows, columns], data: new Float64Array(rows * columns) }
}

export const activations: Record<Activation, (x: number) => number> = {
  none: (x) => x,
  gelu_tanh: geluTanh,
  gelu_erf: geluErf,
  tanh: Math.tanh,
}

/** `activation(a x b + bias) + residual`. */
export function linear(
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

/** Pixels `[height, width * 3]` to `[patches, patch height * patch width * 3]`. */
export function cutPatches(pixels: Matrix, patchSize: readonly [number, number]): Matrix {
  const [height, stride] = pixels.shape
  const [patchHeight, patchWidth] = patchSize
  const run = patchWidth * 3
  const gridHeight = Math.floor(height / patchHeight)
  const gridWidth = Math.floor(stride / run)
  const out = matrix(gridHeight * gridWidth, patchHeight * run)
  let at = 0
  for (let gy = 0; gy < gridHeight; gy++) {
    for (let gx = 0; gx < gridWidth; gx++) {
      for (let y = 0; y < patchHeight; y++, at += run) {
        const start = (gy * patchHeight + y) * stride + gx * run
        out.data.set(pixels.data.subarray(start, start + run), at)
      }
    }
  }
  return out
}

export function tokens(patches: Matrix, prefix: Matrix | undefined, position: Matrix): Matrix {
  const out = matrix(...position.shape)
  if (prefix) out.data.set(prefix.data)
  out.data.set(patches.data, prefix?.data.length ?? 0)
  for (let i = 0; i < out.data.length; i++) out.data[i]! += position.data[i]!
  return out
}

export function layerNorm(x: Matrix, scale: Matrix, bias: Matrix, eps: number): Matrix {
  const [rows, columns] = x.shape
  const out = matrix(rows, columns)
  for (let i = 0; i < rows; i++) {
    const row = x.data.subarray(i * columns, (i + 1) * columns)
    let mean = 0
    for (const value of row) mean += value / columns
    let variance = 0
    for (const value of row) variance += (value - mean) ** 2 / columns
    const inverse = 1 / Math.sqrt(variance + eps)
    for (let j = 0; j < columns; j++) {
      out.data[i * columns + j] = (row[j]! - mean) * inverse * scale.data[j]! + bias.data[j]!
    }
  }
  return out
}

/** In place; an infinity among the inputs gives NaN for the row, as `exp(inf - inf)` does. */
export function softmax(row: Float64Array): void {
  const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  let sum = 0
  for (let j = 0; j < row.length; j++) {
    row[j] = Math.exp(row[j]! - top)
    sum += row[j]!
  }
  for (let j = 0; j < row.length; j++) row[j]! /= sum
}

/** All heads at once; see `Attention` for the shapes. Also gives the softmax weights. */
export function attention(query: Matrix, keyValue: Matrix, heads: number): [Matrix, Matrix] {
  const [queries, width] = query.shape
  const keys = keyValue.shape[0]
  const headWidth = width / heads
  const out = matrix(queries, width)
  const weights = matrix(heads * queries, keys)
  for (let h = 0; h < heads; h++) {
    for (let i = 0; i < queries; i++) {
      const at = (h * queries + i) * keys
      const row = weights.data.subarray(at, at + keys)
      for (let j = 0; j < keys; j++) {
        let dot = 0
        for (let d = h * headWidth; d < (h + 1) * headWidth; d++) {
          dot += query.data[i * width + d]! * keyValue.data[j * 2 * width + d]!
        }
        row[j] = dot / Math.sqrt(headWidth)
      }
      softmax(row)
      for (let j = 0; j < keys; j++) {
        const value = (2 * j + 1) * width
        for (let d = h * headWidth; d < (h + 1) * headWidth; d++) {
          out.data[i * width + d]! += row[j]! * keyValue.data[value + d]!
        }
      }
    }
  }
  return [out, weights]
}

export function rows(x: Matrix, from: number, count: number): Matrix {
  const columns = x.shape[1]
  return { shape: [count, columns], data: x.data.slice(from * columns, (from + count) * columns) }
}

export function meanRows(x: Matrix, from: number): Matrix {
  const [count, columns] = x.shape
  const out = matrix(1, columns)
  for (let i = from; i < count; i++) {
    for (let j = 0; j < columns; j++) out.data[j]! += x.data[i * columns + j]! / (count - from)
  }
  return out
}
