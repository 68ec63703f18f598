import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Matrix, matrix } from '../../src/backends/reference/matrix.ts'
import { runTraining } from '../../src/backends/reference/training/run.ts'
import { createWasmTrainingBackend } from '../../src/backends/wasm/training/backend.ts'
import { wholeRegion } from '../../src/backends/weights.ts'
import { ProgramBuilder } from '../../src/program/builder.ts'
import { attention } from '../../src/program/layers/attention.ts'
import { constant } from '../../src/program/layers/constant.ts'
import { glu } from '../../src/program/layers/glu.ts'
import { linear } from '../../src/program/layers/linear.ts'
import { rmsNorm } from '../../src/program/layers/rms-norm.ts'
import type { Program } from '../../src/program/program.ts'
import { gradientName, withGradients } from '../../src/program/training/gradients.ts'
import { gaussian } from '../random.ts'

// Gradients of whole programs by their rules, against differences of the loss.

const images = 2
const classes = 3

/** A gated block, a plain one of each activation, and pooling by attention of a constant. */
function network(): Program {
  const net = new ProgramBuilder()
  const x = linear(net, 'embedding', net.input('pixels', [5, 4]), 6)
  const gate = glu(net, 'gate', linear(net, 'w12', rmsNorm(net, 'norm1', x, 1e-3), 14))
  const gated = linear(net, 'w3', gate, 6, { residual: x })
  const norm = rmsNorm(net, 'norm2', gated, 1e-3)
  const active = linear(net, 'silu', norm, 6, { activation: 'silu', residual: gated })
  const quick = linear(net, 'quick', active, 6, { activation: 'quick_gelu' })
  const probe = constant(net, 'probe', [2, 6])
  const query = linear(net, 'query', probe, 6)
  const pooled = attention(net, 'pooled', query, linear(net, 'key_value', quick, 12), 2)
  const two = linear(net, 'both', pooled, 6, { residual: probe })
  const one = attention(net, 'one', constant(net, 'last', [1, 6]), linear(net, 'kv', two, 12), 1)
  return net.build({ logits: linear(net, 'head', one, classes) })
}

const program = network()
const training = withGradients(program, { trains: () => true, share: 1 / images, adds: false })
const samples = Array.from({ length: images }, (_, image) => ({
  pixels: gaussian(image + 1, 20),
  targets: Float32Array.from({ length: classes }, (_, i) => Number(i === image)),
}))
const given = program.weights.map(({ shape }, i) => gaussian(i + 1, shape[0] * shape[1], 0.5))

function weights(): Map<string, Matrix> {
  return new Map(
    training.weights.map(({ name, shape }, i) => {
      const data = given[i] ? Float64Array.from(given[i]) : matrix(...shape).data
      return [name, { shape, data }]
    }),
  )
}

const lossOf = (of: Map<string, Matrix>) =>
  runTraining(training, of, samples).reduce((sum, { loss }) => sum + loss![0]! / images, 0)

test('gradients are those of differences of the loss', () => {
  const found = weights()
  lossOf(found)
  for (const { name, shape } of program.weights) {
    const gradient = found.get(gradientName(name))!.data
    for (const at of [0, Math.floor((shape[0] * shape[1]) / 2), shape[0] * shape[1] - 1]) {
      const moved = (by: number) => {
        const of = weights()
        of.get(name)!.data[at]! += by
        return lossOf(of)
      }
      const expected = (moved(1e-5) - moved(-1e-5)) / 2e-5
      const error = Math.abs(gradient[at]! - expected)
      assert.ok(error < 1e-8, `${name}[${at}]: ${gradient[at]}, expected ${expected}`)
    }
  }
})

test('in WebAssembly they are the same', async () => {
  const expected = weights()
  lossOf(expected)
  const backend = await createWasmTrainingBackend({ threads: 1 })
  const model = backend.createModel(training.weights)
  program.weights.forEach(({ name, shape }, i) => {
    model.write(name, wholeRegion(shape), 0, given[i]!)
  })
  const join = (of: readonly Float32Array[]) => Float32Array.from(of.flatMap((one) => [...one]))
  await model.compileTraining!(training, { images }).run({
    pixels: join(samples.map(({ pixels }) => pixels)),
    targets: join(samples.map(({ targets }) => targets)),
  })
  for (const { name } of program.weights) {
    const { data } = expected.get(gradientName(name))!
    const gradient = await model.read!(gradientName(name))
    data.forEach((value, i) => {
      const error = Math.abs(gradient[i]! - value)
      assert.ok(error < 1e-5, `${name}[${i}] = ${gradient[i]}, expected ${value}`)
    })
  }
  model.dispose()
})

test.run()
