import type { Model } from '../src/backends/backend.ts'
import { wholeRegion } from '../src/backends/weights.ts'
import type { Weight } from '../src/program/values.ts'

/** Mulberry32: the same numbers in [0, 1) for the same seed, everywhere. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** About normal: mean 0, standard deviation `deviation`. */
export function gaussian(seed: number, count: number, deviation = 1): Float32Array {
  const next = random(seed)
  const values = new Float32Array(count)
  for (let at = 0; at < count; at++) {
    let sum = -3
    for (let i = 0; i < 6; i++) sum += next()
    values[at] = sum * Math.SQRT2 * deviation
  }
  return values
}

/** Writes the same random weights into a model of any backend. Scales of norms lie around 1. */
export function writeRandomWeights(model: Model, weights: readonly Weight[], seed = 1): void {
  weights.forEach(({ name, shape: [rows, columns], role }, i) => {
    const deviation = role === 'kernel' ? 1 / Math.sqrt(rows) : 0.3
    const values = gaussian(seed * 1000 + i, rows * columns, deviation)
    if (name.endsWith('.scale')) for (let j = 0; j < values.length; j++) values[j]! += 1
    model.write(name, wholeRegion([rows, columns]), 0, values)
  })
}
