// This project's trainer, as `vitrine train` uses it.
import { createWasmTrainingBackend } from '../../src/backends/wasm/training/backend.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { imagesTogether } from '../../src/train/prepare.ts'
import { sgd } from '../../src/train/recipe/optimizer.ts'
import { Trainer } from '../../src/train/trainer.ts'
import { randomValues, randomWeights } from '../cases/random.ts'
import { CLASSES, classOf, LEARNING_RATE, readTask, serve } from './serve.ts'

const { variant, threads, batch } = readTask()
const backend = await createWasmTrainingBackend({ threads })
const program = vitProgram(variantConfig(variant, { classes: CLASSES }))
const trainer = new Trainer({
  backend,
  program,
  trains: () => true,
  standardized: [],
  optimizer: sgd({ momentum: 0.9, accumulator: 'float32' }),
  learningRate: () => LEARNING_RATE,
  clip: 1,
  together: imagesTogether(program),
})
await trainer.restore(randomWeights(program.weights), 0)
const [rows, columns] = program.values[program.inputs.pixels!]!.shape
const samples = Array.from({ length: batch }, (_, i) => ({
  pixels: randomValues(rows * columns, `pixels ${i}`),
  targets: Float32Array.from({ length: CLASSES }, (_, c) => Number(c === classOf(i))),
}))
await serve(backend.description, async () => (await trainer.step(samples)).loss)
