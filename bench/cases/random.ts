import type { Weight } from '../../src/program/values.ts'

/**
 * Random weights of a plain ViT that keep its activations near unit variance and its softmaxes
 * neither uniform nor saturated, so that engines can be compared by their logits. The same weights
 * for the same seed on every engine: each tensor draws from a generator seeded by its name.
 * @param weights what a program declares
 * @returns row-major values by name
 */
export function randomWeights(weights: readonly Weight[], seed = 1): Map<string, Float32Array> {
  return new Map(
    weights.map(({ name, shape }) => {
      const { mean, deviation } = distribution(name, shape[0])
      return [name, uniform(shape[0] * shape[1], mean, deviation, hash(`${seed} ${name}`))]
    }),
  )
}

/** Random values in [-1, 1], as normalised pixels have. The same for the same name. */
export function randomValues(length: number, name: string): Float32Array {
  return uniform(length, 0, 1 / Math.sqrt(3), hash(name))
}

function distribution(name: string, rows: number): { mean: number; deviation: number } {
  if (name.endsWith('.scale')) return { mean: 1, deviation: 0.2 }
  if (name.endsWith('.bias')) return { mean: 0, deviation: 0.1 }
  if (name.endsWith('.kernel')) {
    // What is added to the residual stream is damped, as training damps it.
    const damped = name.endsWith('proj.kernel') || name.endsWith('fc2.kernel')
    return { mean: 0, deviation: (damped ? 0.5 : 1) / Math.sqrt(rows) }
  }
  return { mean: 0, deviation: 0.3 }
}

function uniform(length: number, mean: number, deviation: number, seed: number): Float32Array {
  const values = new Float32Array(length)
  const scale = (2 * Math.sqrt(3) * deviation) / 2 ** 32
  const start = mean - Math.sqrt(3) * deviation
  let state = seed || 1
  for (let i = 0; i < length; i++) {
    // xorshift32 (Marsaglia 2003)
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    values[i] = start + scale * (state >>> 0)
  }
  return values
}

/** FNV-1a, then a mix, so that neighbouring names and seeds start far apart. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  }
  return Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
}
