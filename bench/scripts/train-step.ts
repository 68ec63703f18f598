/**
 * The time of a forward and backward pass of a batch, in micro-batches of 4, and of the forward pass alone.
 *
 *     node --import tsx bench/scripts/train-step.ts [ViT-Ti_16] [--batch 8] [--threads 1] [--runs 5] [--steps]
 */
import { parseArgs } from 'node:util'
import { createWasmTrainingBackend } from '../../src/backends/wasm/training/backend.ts'
import { wholeRegion } from '../../src/backends/weights.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import { withGradients } from '../../src/program/training/gradients.ts'
import { trainingOperationOf } from '../../src/program/training/operations.ts'
import { randomValues, randomWeights } from '../cases/random.ts'

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    batch: { type: 'string', default: '8' },
    threads: { type: 'string', default: '1' },
    runs: { type: 'string', default: '5' },
    steps: { type: 'boolean', default: false },
  },
})
const [variant = 'ViT-Ti_16'] = positionals
const images = 4
const threads = Number(flags.threads)
const backend = await createWasmTrainingBackend({ threads, blocking: threads > 1 })
const program = withoutUnusedRows(withOutputs(vitProgram(variantConfig(variant)), ['logits']))
const share = 1 / Number(flags.batch)
const training = withGradients(program, { trains: () => true, share, adds: true })
const model = backend.createModel(training.weights)
const weights = randomWeights(program.weights)
for (const { name, shape } of program.weights) {
  model.write(name, wholeRegion(shape), 0, weights.get(name)!)
}
const [rows, columns] = program.values[program.inputs.pixels!]!.shape
const [, classes] = program.values[program.outputs.logits!]!.shape
const pixels = randomValues(images * rows * columns, 'pixels')
const targets = Float32Array.from({ length: images * classes }, (_, i) => Number(i % classes === 0))
const forward = model.compile(program, { images })
const step = model.compileTraining!(training, { images })

const shapes = {
  value: (id: number) => training.values[id]!.shape,
  weight: (id: number) => training.weights[id]!.shape,
}
const flops = (ops: typeof training.ops) =>
  2 * ops.reduce((sum, op) => sum + (trainingOperationOf(op).products?.(op, shapes) ?? 0), 0)
const kinds = new Map<string, number>()
const onStep = (label: string, milliseconds: number) => {
  const [kind] = label.split(' ')
  kinds.set(kind!, (kinds.get(kind!) ?? 0) + milliseconds)
}

const count = Number(flags.batch) / images
const best = { forward: Number.POSITIVE_INFINITY, step: Number.POSITIVE_INFINITY }
for (let run = 0; run <= Number(flags.runs); run++) {
  const begin = performance.now()
  for (let part = 0; part < count; part++) await forward.run({ pixels })
  const middle = performance.now()
  const options = flags.steps && run > 0 ? { onStep } : {}
  for (let part = 0; part < count; part++) await step.run({ pixels, targets }, options)
  best.forward = Math.min(best.forward, middle - begin)
  best.step = Math.min(best.step, performance.now() - middle)
}
console.log(`${variant}, batch ${flags.batch}, ${backend.description}, ${threads} threads`)
for (const [name, ops] of [
  ['forward', program.ops],
  ['step', training.ops],
] as const) {
  const rate = (flops(ops) * images * count) / best[name] / 1e6
  console.log(`${name}: ${best[name].toFixed(0)} ms, ${rate.toFixed(1)} GFLOP/s`)
}
console.log(`a step takes ${(best.step / best.forward).toFixed(2)} forward passes`)
for (const [kind, time] of [...kinds].sort((a, b) => b[1] - a[1])) {
  console.log(`${kind}: ${(time / Number(flags.runs)).toFixed(1)} ms`)
}
