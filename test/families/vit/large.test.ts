import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { randomValues, randomWeights } from '../../../bench/cases/random.ts'
import type { Backend } from '../../../src/backends/backend.ts'
import { onlyInput } from '../../../src/backends/inputs.ts'
import { referenceBackend } from '../../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../../src/backends/wasm/wasm.ts'
import { wholeRegion } from '../../../src/backends/weights.ts'
import { vitProgram } from '../../../src/families/vit/program.ts'
import { variantConfig } from '../../../src/families/vit/variants.ts'
import type { Program } from '../../../src/program/program.ts'

// The largest model against float64, which takes ten seconds a block: whole (an error of 9.0e-6) where all
// tests are wanted.
const isWhole = process.env.VITRINE_TEST_ALL !== undefined
const part = { depth: 1, imageSize: [98, 98] } as const

test(`ViT-H/14, ${isWhole ? 'whole' : 'one block'}: right at its full width`, async () => {
  const program = vitProgram(variantConfig('ViT-H_14', isWhole ? {} : part))
  const { logits } = await run(await createWasmBackend(), program)
  const expected = (await run(referenceBackend, program)).logits!
  const spread = Math.sqrt(mean(expected.map((value) => value ** 2)))
  const error = Math.sqrt(mean(expected.map((value, i) => (value - logits![i]!) ** 2)))
  console.log(`relative error ${(error / spread).toExponential(1)}`)
  assert.ok(error < 2e-5 * spread, `an error of ${error} at a spread of ${spread}`)
})

async function run(backend: Backend, program: Program): Promise<Record<string, Float32Array>> {
  const model = backend.createModel(program.weights)
  try {
    for (const weight of program.weights) {
      const values = randomWeights([weight]).get(weight.name)!
      model.write(weight.name, wholeRegion(weight.shape), 0, values)
    }
    const [rows, columns] = program.values[onlyInput(program).id]!.shape
    return await model.compile(program).run({ pixels: randomValues(rows * columns, 'pixels') })
  } finally {
    model.dispose()
  }
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length

test.run()
