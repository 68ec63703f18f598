import type { Matrix } from '../../src/backends/reference/matrix.ts'
import type { Piece } from '../../src/checkpoint/plan/piece.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { programOf } from '../../src/families/architectures.ts'
import { planCheckpoint } from '../../src/families/plan.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Program } from '../../src/program/program.ts'
import { gradientName, withGradients } from '../../src/program/training/gradients.ts'
import type { TrainingProgram } from '../../src/program/training/operations.ts'
import {
  rawName,
  type StandardizedKernel,
} from '../../src/program/training/standardized-kernels.ts'
import type { Weight } from '../../src/program/values.ts'
import { sharedBytes, sharedF32, sharedJSON, sharedPath } from '../shared.ts'
import { readNpz64 } from './npz64.ts'

interface Golden {
  images: { file: string; shape: number[] }
  labels: { file: string }
  image_size: number
  checkpoint: { file: string }
  f64: { loss: number; gradient: { file: string } }
}

interface Goldens {
  cases: Record<string, Golden>
  main: Pick<Golden, 'image_size' | 'checkpoint'> & {
    gradient_step0: { float64: { accum_1: Golden['f64'] } }
  }
}

/** The model that is trained, with the batch of its first update. */
const firstUpdateOf = ({ gradient_step0, ...main }: Goldens['main']): Golden => ({
  ...main,
  images: { file: 'train_images.u8.bin', shape: [32] },
  labels: { file: 'train_labels.u8.bin' },
  f64: gradient_step0.float64.accum_1,
})

/** A whole model, and its gradients by the official code in float64. */
export interface GradientCase {
  readonly name: string
  readonly program: Program
  /** Gradients of all weights, of the mean loss over the samples. */
  readonly training: TrainingProgram
  /** By name, and of kernels that are standardised also what is trained. */
  readonly weights: Map<string, Matrix>
  readonly kernels: readonly (StandardizedKernel & { readonly weight: Weight })[]
  readonly samples: readonly { pixels: Float32Array; targets: number[] }[]
  readonly loss: number
  /** By the names of the weights that hold the gradients. */
  readonly gradients: ReadonlyMap<string, Matrix>
}

const folder = 'golden/training'

export async function* gradientCases(): AsyncGenerator<GradientCase> {
  const { cases, main } = sharedJSON<Goldens>(`${folder}/golden.json`)
  for (const [name, golden] of [
    ['token', firstUpdateOf(main)] as const,
    ...Object.entries(cases),
  ]) {
    const file = await openCheckpoint(sharedPath(`${folder}/${golden.checkpoint.file}`))
    const imageSize = [golden.image_size, golden.image_size] as const
    const plan = await planCheckpoint(file, { imageSize })
    const program = withoutUnusedRows(withOutputs(programOf(plan.config), ['logits']))
    const share = 1 / golden.images.shape[0]!
    const training = withGradients(program, { trains: () => true, share, adds: false })
    const path = (file: string) => sharedPath(`${folder}/${file}`)
    const weights = placed(program.weights, plan.pieces, path(golden.checkpoint.file))
    const kernels = program.weights.flatMap((weight) => {
      const { standardize } = plan.pieces.get(weight.name)![0]!
      return standardize ? [{ weight, ...standardize }] : []
    })
    for (const { weight } of kernels) weights.set(rawName(weight.name), weights.get(weight.name)!)
    const raw = new Set(kernels.map(({ weight }) => weight.name))
    const expected = placed(program.weights, plan.pieces, path(golden.f64.gradient.file))
    yield {
      ...{ name, program, training, weights, kernels, loss: golden.f64.loss },
      samples: samples(golden, plan.config.classes),
      gradients: new Map(
        [...expected].map(([weight, gradient]) => [
          gradientName(raw.has(weight) ? rawName(weight) : weight),
          gradient,
        ]),
      ),
    }
    await file.close()
  }
}

export const highest = (data: Float64Array) =>
  data.reduce((most, x) => Math.max(most, Math.abs(x)), 0)

function samples({ images, labels }: Golden, classes: number) {
  const path = `${folder}/${images.file}`
  const pixels = images.file.endsWith('.u8.bin')
    ? Float32Array.from(sharedBytes(path), (x) => (x - 127.5) / 127.5)
    : sharedF32(path)
  const all = sharedBytes(`${folder}/${labels.file}`)
  const size = pixels.length / all.length
  const numbers = all.subarray(0, images.shape[0])
  return Array.from(numbers, (label, i) => ({
    pixels: pixels.subarray(i * size, (i + 1) * size),
    targets: Array.from({ length: classes }, (_, index) => Number(index === label)),
  }))
}

/** The weights of a program from the arrays of a file, in float64. */
export function placed(
  weights: readonly Weight[],
  pieces: ReadonlyMap<string, readonly Piece[]>,
  path: string,
): Map<string, Matrix> {
  const arrays = readNpz64(path)
  return new Map(
    weights.map(({ name, shape }) => {
      const data = new Float64Array(shape[0] * shape[1])
      for (const { tensor, start, count, region } of pieces.get(name)!) {
        const values = arrays.get(tensor)!
        for (let i = 0; i < count; i++) {
          const row = region.row + Math.floor(i / region.columns)
          data[row * shape[1] + region.column + (i % region.columns)] = values[start + i]!
        }
      }
      return [name, { shape, data }]
    }),
  )
}
