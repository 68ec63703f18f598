import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Matrix, matrix } from '../../../src/backends/reference/matrix.ts'
import { referenceBackend } from '../../../src/backends/reference/reference.ts'
import { createWasmTrainingBackend } from '../../../src/backends/wasm/training/backend.ts'
import { wholeRegion } from '../../../src/backends/weights.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { programOf } from '../../../src/families/architectures.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import type { Adapter } from '../../../src/program/training/lora.ts'
import { trainsAdapters } from '../../../src/train/freeze.ts'
import { merged } from '../../../src/train/lora.ts'
import { adamw } from '../../../src/train/recipe/optimizer.ts'
import { Trainer } from '../../../src/train/trainer.ts'
import { sharedBytes, sharedF64, sharedJSON, sharedPath, sharedTest } from '../../shared.ts'
import { placed } from '../gradient-cases.ts'
import { readNpz64 } from '../npz64.ts'
import { adapted, apart, gradientsOf, logitsOf, setScales } from './float64.ts'

interface File {
  file: string
}

interface Case {
  loss: number
  logits: File
  gradient: File
  head_gradient: File
}

interface Golden {
  lora: {
    rank: number
    alpha: number
    checkpoint: File
    images: File
    labels: File
    adapters: File
    cases: { given: Case; b_zero: Case }
    merged: { float64: File; float32: File }
    adamw: {
      step_1: File
      step_5: File
      steps: { loss: number; grad_global_norm: number }[]
    }
  }
}

const folder = 'golden/training-more'
const golden = () => sharedJSON<Golden>(`${folder}/golden.json`).lora
const arrays = ({ file }: File) => readNpz64(sharedPath(`${folder}/${file}`))

/** What keys, queries and values are called there, by the place of the adapter among those of a kernel. */
const names = { query: ['query'], key_value: ['key', 'value'] } as const

/** A and B of an adapter, from those of its matrices. */
function place(of: ReadonlyMap<string, Float64Array>, { kernel, parts, rank, shape }: Adapter) {
  const [, block, projection] = /^blocks\.(\d+)\.(query|key_value)\.kernel$/.exec(kernel)!
  const [width, columns] = shape
  const a = matrix(width, rank * parts)
  const b = matrix(rank * parts, columns)
  names[projection as keyof typeof names].forEach((name, part) => {
    const path = `Transformer/encoderblock_${block}/MultiHeadDotProductAttention_1/${name}/kernel`
    const own = { a: of.get(`${path}/A`)!, b: of.get(`${path}/B`)! }
    const across = columns / parts
    for (let k = 0; k < rank; k++) {
      const inner = part * rank + k
      for (let row = 0; row < width; row++)
        a.data[row * rank * parts + inner] = own.a[row * rank + k]!
      for (let column = 0; column < across; column++)
        b.data[inner * columns + part * across + column] = own.b[k * across + column]!
    }
  })
  return { a, b }
}

async function given() {
  const { checkpoint, rank, alpha, images, labels } = golden()
  const file = await openCheckpoint(sharedPath(`${folder}/${checkpoint.file}`))
  const { config, pieces } = await planCheckpoint(file)
  await file.close()
  const plain = programOf(config)
  const { program, adapters } = adapted(plain, { rank, alpha })
  const base = placed(plain.weights, pieces, sharedPath(`${folder}/${checkpoint.file}`))
  setScales(base, adapters)
  const numbers = sharedBytes(`${folder}/${labels.file}`)
  const pixels = Float32Array.from(
    sharedBytes(`${folder}/${images.file}`),
    (x) => Math.fround(x - 127.5) / 127.5,
  )
  const size = pixels.length / numbers.length
  const samples = Array.from(numbers, (label, i) => ({
    pixels: pixels.subarray(i * size, (i + 1) * size),
    targets: Float32Array.from({ length: config.classes }, (_, j) => Number(j === label)),
  }))
  return { plain, program, adapters, base, pieces, samples }
}

/** Weights with the adapters of a file. */
function withAdapters(
  base: ReadonlyMap<string, Matrix>,
  adapters: readonly Adapter[],
  isZero: boolean,
) {
  const weights = new Map(base)
  const all = arrays(golden().adapters)
  for (const adapter of adapters) {
    const { a, b } = place(all, adapter)
    weights.set(adapter.a, a)
    weights.set(adapter.b, isZero ? matrix(...b.shape) : b)
  }
  return weights
}

sharedTest(
  'logits and gradients of adapters are those of the official code in float64',
  async () => {
    const { program, adapters, base, samples } = await given()
    for (const [name, expected] of Object.entries(golden().cases)) {
      const weights = withAdapters(base, adapters, name === 'b_zero')
      const logits = logitsOf(program, weights, samples).flatMap((of) => [...of])
      assert.ok(apart(logits, sharedF64(`${folder}/${expected.logits.file}`)) < 1e-12, name)
      const { loss, gradients } = gradientsOf(program, adapters, weights, samples)
      assert.ok(Math.abs(loss - expected.loss) < 1e-12, `${name}: loss ${loss}`)
      const all = arrays(expected.gradient)
      for (const adapter of adapters) {
        const { a, b } = place(all, adapter)
        for (const [weight, { data }] of [
          [adapter.a, a],
          [adapter.b, b],
        ] as const)
          assert.ok(apart(gradients.get(weight)!, data) < 1e-9, `${name} ${weight}`)
      }
      const head = arrays(expected.head_gradient)
      for (const part of ['kernel', 'bias'])
        assert.ok(apart(gradients.get(`head.${part}`)!, head.get(`head/${part}`)!) < 1e-9, part)
    }
  },
)

sharedTest(
  'merged kernels are those of the golden, in float64 and to the bit in float32',
  async () => {
    const { plain, adapters, base, pieces } = await given()
    const weights = withAdapters(base, adapters, false)
    const shown = plain.weights.filter(({ name }) => adapters.some(({ kernel }) => kernel === name))
    for (const precision of ['float64', 'float32'] as const) {
      const { file } = golden().merged[precision]
      const expected = placed(shown, pieces, sharedPath(`${folder}/${file}`))
      for (const adapter of adapters) {
        const [kernel, a, b] = [adapter.kernel, adapter.a, adapter.b].map(
          (name) => weights.get(name)!.data,
        )
        const { data } = expected.get(adapter.kernel)!
        if (precision === 'float64')
          assert.ok(apart(merged(kernel!, a!, b!, adapter), data) < 1e-15)
        else
          assert.equal(Float64Array.from(merged(Float32Array.from(kernel!), a!, b!, adapter)), data)
      }
    }
  },
)

for (const name of ['reference', 'wasm'] as const) {
  sharedTest(`five updates of AdamW: ${name}`, async () => {
    const { program, adapters, base, samples } = await given()
    const { adamw: expected } = golden()
    const optimizer = adamw({ weightDecay: 0.01 })
    const trainer = new Trainer({
      backend:
        name === 'reference' ? referenceBackend : await createWasmTrainingBackend({ threads: 1 }),
      program,
      trains: trainsAdapters(adapters),
      standardized: [],
      adapters,
      optimizer,
      learningRate: () => 0.01,
      clip: Number.POSITIVE_INFINITY,
      together: 5,
    })
    const weights = withAdapters(base, adapters, true)
    for (const { name, shape } of program.weights) {
      if (!trainer.parameters.has(name))
        trainer.model.write(name, wholeRegion(shape), 0, Float32Array.from(weights.get(name)!.data))
    }
    const start = [...trainer.parameters.keys()].map(
      (name) => [name, Float32Array.from(weights.get(name)!.data)] as const,
    )
    await trainer.restore(new Map(start), 0)
    for (const [i, { loss, grad_global_norm }] of expected.steps.entries()) {
      const step = await trainer.step(samples)
      assert.ok(Math.abs(step.loss - loss) < 1e-5, `${step.step}: loss ${step.loss}, ${loss}`)
      assert.ok(Math.abs(step.norm / grad_global_norm - 1) < 1e-5, `norm ${step.norm}`)
      if (i !== 0 && i !== 4) continue
      const after = arrays(i === 0 ? expected.step_1 : expected.step_5)
      for (const adapter of adapters) {
        const { a, b } = place(after, adapter)
        // Adam's first updates have the sign of the gradient, whatever its size, so that roundings show.
        assert.ok(apart(trainer.parameters.get(adapter.a)!, a.data) < 1e-4, adapter.a)
        assert.ok(apart(trainer.parameters.get(adapter.b)!, b.data) < 1e-4, adapter.b)
      }
      for (const part of ['kernel', 'bias'])
        assert.ok(
          apart(trainer.parameters.get(`head.${part}`)!, after.get(`head/${part}`)!) < 1e-5,
          part,
        )
    }
    trainer.dispose()
  })
}

test.run()
