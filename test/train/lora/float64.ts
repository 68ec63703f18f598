import { type Matrix, matrix } from '../../../src/backends/reference/matrix.ts'
import { runTraining } from '../../../src/backends/reference/training/run.ts'
import { withOutputs } from '../../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../../src/program/passes/rows.ts'
import type { Program } from '../../../src/program/program.ts'
import { gradientName, withGradients } from '../../../src/program/training/gradients.ts'
import { type Adapter, type LoRA, withLoRA } from '../../../src/program/training/lora.ts'
import { keepBlocks } from '../../../src/train/lora.ts'

export type Weights = Map<string, Matrix>

export interface Sample {
  readonly pixels: ArrayLike<number>
  readonly targets: ArrayLike<number>
}

/** A program for logits whose attention is adapted. */
export function adapted(plain: Program, lora: LoRA) {
  const { program, adapters } = withLoRA(plain, lora)
  return { program: withoutUnusedRows(withOutputs(program, ['logits'])), adapters }
}

/** The logits of each sample, in float64. */
export function logitsOf(program: Program, weights: Weights, samples: readonly Sample[]) {
  const training = { ...program, updates: [] }
  return runTraining(training, weights, samples as Sample[] & Record<string, never>[]).map(
    ({ logits }) => logits!,
  )
}

/** The mean loss, and the gradients of A, B and the head, in float64. */
export function gradientsOf(
  program: Program,
  adapters: readonly Adapter[],
  weights: Weights,
  samples: readonly Sample[],
) {
  const names = [...adapters.flatMap(({ a, b }) => [a, b]), 'head.kernel', 'head.bias']
  const options = { trains: (name: string) => names.includes(name), share: 1 / samples.length }
  const training = withGradients(program, { ...options, adds: false })
  const own = new Map(weights)
  const losses = runTraining(training, own, samples as Sample[] & Record<string, never>[])
  for (const adapter of adapters) keepBlocks(own.get(gradientName(adapter.b))!.data, adapter)
  const loss = losses.reduce((sum, { loss }) => sum + loss![0]! / samples.length, 0)
  return {
    loss,
    gradients: new Map(names.map((name) => [name, own.get(gradientName(name))!.data])),
  }
}

/** The diagonal matrices of adapters. */
export function setScales(weights: Weights, adapters: readonly Adapter[]): void {
  for (const { scale, rank, alpha, parts } of adapters) {
    const diagonal = matrix(rank * parts, rank * parts)
    for (let i = 0; i < rank * parts; i++) diagonal.data[i * rank * parts + i] = alpha / rank
    weights.set(scale, diagonal)
  }
}

/** The largest difference of two arrays, relative to the largest value. */
export function apart(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [worst, largest] = [found.length === expected.length ? 0 : Number.POSITIVE_INFINITY, 0]
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(found[i]! - expected[i]!))
    largest = Math.max(largest, Math.abs(expected[i]!))
  }
  return largest === 0 ? worst : worst / largest
}
