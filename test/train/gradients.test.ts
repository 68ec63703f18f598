import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Matrix } from '../../src/backends/reference/matrix.ts'
import { runTraining } from '../../src/backends/reference/training/run.ts'
import type { Piece } from '../../src/checkpoint/plan/piece.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { programOf } from '../../src/families/architectures.ts'
import { planCheckpoint } from '../../src/families/plan.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import { gradientName, withGradients } from '../../src/program/training/gradients.ts'
import {
  rawName,
  standardizing,
  standardizingGradients,
} from '../../src/program/training/standardized-kernels.ts'
import type { Weight } from '../../src/program/values.ts'
import { sharedBytes, sharedF32, sharedJSON, sharedPath, sharedTest } from '../shared.ts'
import { readNpz64 } from './npz64.ts'

interface Case {
  images: { file: string; shape: number[] }
  labels: { file: string }
  image_size: number
  checkpoint: { file: string }
  f64: { loss: number; gradient: { file: string } }
}

const folder = 'golden/training'

sharedTest('gradients of whole models are those of the official code in float64', async () => {
  const { cases } = sharedJSON<{ cases: Record<string, Case> }>(`${folder}/golden.json`)
  for (const [name, golden] of Object.entries(cases)) {
    const file = await openCheckpoint(sharedPath(`${folder}/${golden.checkpoint.file}`))
    const imageSize = [golden.image_size, golden.image_size] as const
    const plan = await planCheckpoint(file, { imageSize })
    const program = withoutUnusedRows(withOutputs(programOf(plan.config), ['logits']))
    const count = golden.images.shape[0]!
    const options = { trains: () => true, share: 1 / count, adds: false }
    const training = withGradients(program, options)
    const path = (file: string) => sharedPath(`${folder}/${file}`)
    const weights = placed(program.weights, plan.pieces, path(golden.checkpoint.file))
    const kernels = program.weights.flatMap((weight) => {
      const { standardize } = plan.pieces.get(weight.name)![0]!
      return standardize ? [{ weight, ...standardize }] : []
    })
    for (const { weight } of kernels) weights.set(rawName(weight.name), weights.get(weight.name)!)
    runTraining(standardizing(kernels), weights, [{}])
    const losses = runTraining(training, weights, samples(golden, plan.config.classes))
    runTraining(standardizingGradients(kernels), weights, [{}])
    const raw = new Set(kernels.map(({ weight }) => weight.name))
    const loss = losses.reduce((sum, { loss }) => sum + loss![0]! / count, 0)
    assert.ok(Math.abs(loss - golden.f64.loss) < 1e-9, `${name}: loss ${loss}`)
    const expected = placed(program.weights, plan.pieces, path(golden.f64.gradient.file))
    const largest = Math.max(...[...expected.values()].map(({ data }) => highest(data)))
    for (const [weight, { data }] of expected) {
      const trained = raw.has(weight) ? rawName(weight) : weight
      const found = weights.get(gradientName(trained))!.data
      const worst = highest(data.map((value, i) => value - found[i]!))
      // The gradient of a key's bias is 0: softmax does not change with it.
      const size = Math.max(highest(data), 1e-3 * largest)
      assert.ok(worst <= 1e-9 * size, `${name} ${weight}: off by ${worst} of ${size}`)
    }
    await file.close()
  }
})

const highest = (data: Float64Array) => data.reduce((most, x) => Math.max(most, Math.abs(x)), 0)

function samples({ images, labels }: Case, classes: number) {
  const pixels = sharedF32(`${folder}/${images.file}`)
  const numbers = sharedBytes(`${folder}/${labels.file}`)
  const size = pixels.length / numbers.length
  return Array.from(numbers, (label, i) => ({
    pixels: pixels.subarray(i * size, (i + 1) * size),
    targets: Array.from({ length: classes }, (_, index) => Number(index === label)),
  }))
}

/** The weights of a program from the arrays of a file, in float64. */
function placed(
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

test.run()
