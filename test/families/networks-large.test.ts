import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { programOf } from '../../src/families/architectures.ts'
import { variantConfigOf } from '../../src/families/published.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import type { Program } from '../../src/program/program.ts'
import { runnable } from '../backends/wasm/builds/runnable.ts'
import { gaussian, writeRandomWeights } from '../random.ts'

// Hybrids and Mixers at their full width, against float64, which takes a minute for R50+ViT-B_16: whole where all
// tests are wanted, else on small images with few blocks.
const isWhole = process.env.VITRINE_TEST_ALL !== undefined

const parts: readonly (readonly [variant: string, part: object])[] = [
  ['R+ViT-Ti_16', { depth: 2 }],
  ['R50+ViT-B_16', { depth: 1, imageSize: [35, 32] }],
  ['Mixer-B_16', { depth: 1, imageSize: [112, 112] }],
]
const whole = [
  'R+ViT-Ti_16',
  'R26+ViT-S_32',
  'R50+ViT-B_16',
  'R50+ViT-L_32',
  'Mixer-S_32',
  'Mixer-B_16',
]

const sizes = isWhole ? whole.map((variant) => [variant, {}] as const) : parts

for (const [variant, part] of sizes) {
  test(`${variant}, ${isWhole ? 'whole' : 'a part'}: right at its full width`, async () => {
    const program = logitsOf(variant, part)
    const found = await run(await createWasmBackend(), program)
    const expected = await run(referenceBackend, program)
    const error = expected.reduce((most, x, i) => Math.max(most, Math.abs(x - found[i]!)), 0)
    console.log(`${variant}: logits off by ${error.toExponential(1)} at most`)
    assert.ok(error <= 1e-4, `off by ${error}`)
  })
}

/** Root mean squares of the errors, relative to those of the logits. */
const bounds = { int16: 0.005, int8: 0.05 } as const

// On the first build and the last, unless all tests are wanted.
for (const { name, relaxed } of isWhole ? runnable : [runnable[0]!, runnable.at(-1)!]) {
  for (const dtype of relaxed ? (['int8'] as const) : (['int16', 'int8'] as const)) {
    test(`a hybrid and a Mixer in ${dtype} on ${name}`, async () => {
      for (const [variant, part] of [
        ['R26+ViT-S_32', { depth: 2, imageSize: [96, 96] }],
        ['Mixer-S_32', { depth: 2 }],
      ] as const) {
        const program = logitsOf(variant, part)
        const found = await run(await createWasmBackend({ dtype, kernels: name }), program)
        const expected = await run(await createWasmBackend({ kernels: name }), program)
        const error = rms(expected.map((x, i) => x - found[i]!)) / rms(expected)
        console.log(`${variant} ${dtype} ${name}: logits off by ${(100 * error).toFixed(2)} %`)
        assert.ok(error > 0 && error <= bounds[dtype], `${variant}: ${error}`)
      }
    })
  }
}

const logitsOf = (variant: string, part: object) =>
  withOutputs(programOf(variantConfigOf(variant, part)), ['logits'])

async function run(backend: Backend, program: Program): Promise<Float32Array> {
  const model = backend.createModel(program.weights)
  try {
    writeRandomWeights(model, program.weights)
    const [rows, columns] = program.values[program.inputs.pixels!]!.shape
    const pixels = gaussian(7, rows * columns, 0.5)
    return (await model.compile(program).run({ pixels })).logits!
  } finally {
    model.dispose()
  }
}

const rms = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length)

test.run()
