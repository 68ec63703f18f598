import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Backend } from '../../../src/backends/backend.ts'
import { onlyInput } from '../../../src/backends/inputs.ts'
import { referenceBackend } from '../../../src/backends/reference/reference.ts'
import { vitProgram } from '../../../src/families/vit/program.ts'
import { withOutputs } from '../../../src/program/passes/outputs.ts'
import type { Program } from '../../../src/program/program.ts'
import { gaussian, writeRandomWeights } from '../../random.ts'
import { configs } from '../configs.ts'
import { attention, linear, patches, pooling } from '../programs.ts'
import { runAll, worst } from '../values.ts'
import { gpuTest, lavapipe, swiftshader } from './adapters.ts'

// Every value of every program below against float64.
const F32 = 2e-5
const F16 = 1e-2

const pixelsOf = (program: Program, seed = 7) => {
  const [height, stride] = program.values[onlyInput(program).id]!.shape
  return gaussian(seed, height * stride)
}

/** Whether norms and softmax weights are summed through subgroups; they are wherever there are some. */
const usesSubgroups = ({ device }: Backend) => (device as GPUDevice).features.has('subgroups')

const inHalf = ['class token, erf', 'tanh, pre_logits', 'odd sizes', 'heads wider than a panel']

for (const dtype of ['f32', 'f16'] as const) {
  const bound = dtype === 'f32' ? F32 : F16
  const options = lavapipe && { ...lavapipe, dtype }

  for (const [name, config] of Object.entries(configs)) {
    // The others have the same kernels in other places.
    const isNeeded = dtype === 'f32' || inHalf.includes(name) || process.env.VITRINE_TEST_ALL
    if (!isNeeded) continue
    gpuTest(options, `${dtype}, lavapipe: ${name}`, (backend) =>
      compare(backend, vitProgram(config), bound),
    )
  }

  gpuTest(options, `${dtype}, lavapipe: single ops over shapes with tails`, async (backend) => {
    assert.ok(usesSubgroups(backend))
    const activations = ['none', 'gelu_erf', 'gelu_tanh', 'tanh'] as const
    let turn = 0
    const next = () => activations[turn++ % activations.length]!
    for (const rows of [1, 5, 50, 197]) {
      for (const inner of [1, 7, 65]) {
        for (const columns of [3, 17, 100]) {
          await compare(backend, linear(rows, inner, columns, next()), bound)
        }
      }
    }
    for (const tokens of [1, 17, 197, 257]) {
      for (const headWidth of process.env.VITRINE_TEST_ALL ? [3, 16, 64, 80] : [3, 16, 64]) {
        const heads = headWidth > 16 ? 1 : 3
        await compare(backend, attention(tokens, tokens, heads, headWidth), bound)
        await compare(backend, attention(tokens, 1, heads, headWidth), bound)
      }
    }
    for (const columns of [1, 5, 33]) await compare(backend, pooling(7, columns), bound)
    await compare(backend, patches(31, 20, [5, 7]), bound)
    await compare(backend, patches(5, 5, [1, 1]), bound)
  })
}

gpuTest(swiftshader, 'f32, SwiftShader: a model with tails, and its attention', async (backend) => {
  assert.ok(usesSubgroups(backend))
  await compare(backend, vitProgram(configs['odd sizes']!), F32)
})

const withoutSubgroups = lavapipe && { ...lavapipe, subgroups: false }
gpuTest(withoutSubgroups, 'norms and softmax weights without subgroups', async (backend) => {
  assert.not(usesSubgroups(backend))
  for (const columns of [1, 300]) await compare(backend, pooling(7, columns), F32)
  for (const tokens of [3, 131]) await compare(backend, attention(tokens, 3, 2, 20), F32)
})

gpuTest(
  lavapipe,
  'images that wait are computed together, and give the same bits',
  async (backend) => {
    const program = withOutputs(vitProgram(configs['class token, erf']!), ['logits', 'features'])
    const model = backend.createModel(program.weights)
    writeRandomWeights(model, program.weights)
    const executable = model.compile(program)
    const images = Array.from({ length: 41 }, (_, i) => pixelsOf(program, i))
    const alone = []
    for (const image of images) alone.push(await executable.run({ pixels: image }))
    const labels: string[] = []
    const onStep = (label: string) => void labels.push(label)
    const together = await Promise.all(
      images.map((image) => executable.run({ pixels: image }, { onStep })),
    )
    assert.equal(new Set(labels), new Set(['forward of 32', 'forward of 9']))
    for (const [i, outputs] of together.entries()) {
      for (const [name, values] of Object.entries(outputs)) {
        // Few rows are multiplied by another kernel, which sums in another order.
        assert.ok(worst(values, alone[i]![name]!) < 1e-5, `image ${i} ${name}`)
      }
    }
    assert.equal(
      await Promise.all(images.map((image) => executable.run({ pixels: image }))),
      together,
    )

    // More of them come while the first one's kernels are compiled.
    const fresh = model.compile(program)
    const first = fresh.run({ pixels: images[0]! })
    await new Promise((resolve) => setTimeout(resolve, 0))
    const others = await Promise.all(
      images.slice(1, 8).map((image) => fresh.run({ pixels: image })),
    )
    for (const [i, outputs] of [await first, ...others].entries()) {
      assert.ok(worst(outputs.logits!, alone[i]!.logits!) < 1e-5, `image ${i}`)
    }
  },
)

gpuTest(lavapipe, 'GELU far from zero, and values that f16 does not have', async (backend) => {
  for (const activation of ['gelu_erf', 'gelu_tanh', 'tanh'] as const) {
    const program = linear(9, 3, 8, activation)
    const pixels = pixelsOf(program).map((x, i) => x * [1, 20, 1e3, 1e6][i % 4]!)
    const run = async (one: Backend) => {
      const model = one.createModel(program.weights)
      writeRandomWeights(model, program.weights)
      return model.compile(program).run({ pixels })
    }
    const [found, expected] = [await run(backend), await run(referenceBackend)]
    assert.ok(worst(found.first!, expected.first!) < F32, activation)
  }
})

async function compare(backend: Backend, program: Program, bound: number): Promise<void> {
  const pixels = pixelsOf(program)
  const expected = await runAll(referenceBackend.createModel(program.weights), program, pixels)
  const model = backend.createModel(program.weights)
  const found = await runAll(model, program, pixels, bound)
  model.dispose()
  for (const [value, reference] of Object.entries(expected)) {
    const error = worst(found[value]!, reference)
    assert.ok(
      error < bound,
      `${value} of ${program.values.map(({ shape }) => `[${shape}]`)}: off by ${error}`,
    )
  }
}

test.run()
