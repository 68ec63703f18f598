import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { caseProgram, outputOf } from '../../bench/cases/case.ts'
import { randomValues, randomWeights } from '../../bench/cases/random.ts'
import { jaxForward } from '../../bench/peers/jax/forward.ts'
import type { Jax } from '../../bench/peers/jax/jax-js.ts'
import { jaxPatches } from '../../bench/peers/jax/patches.ts'
import { weightArray } from '../../bench/peers/jax/product.ts'
import { onlyInput } from '../../src/backends/inputs.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { wholeRegion } from '../../src/backends/weights.ts'
import { UnsupportedError } from '../../src/errors.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { vitBlockProgram } from '../../src/families/vit/program.ts'
import { ProgramBuilder } from '../../src/program/builder.ts'
import { patchEmbed } from '../../src/program/layers/conv2d.ts'
import { linear } from '../../src/program/layers/linear.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import type { Program } from '../../src/program/program.ts'
import { smallConfig } from '../checkpoint/models.ts'
import { EagerJax } from './eager-jax.ts'
import { families } from './families.ts'
import { gatedProgram } from './gated.ts'
import { oddAttention } from './odd-attention.ts'
import { placedAttention } from './placed-attention.ts'

/** The output of one image by the calls that are made of jax-js. */
function forward(program: Program, input: Float32Array): number[] {
  const eager = new EagerJax()
  const jax = eager as unknown as Jax
  const weights = randomWeights(program.weights)
  const arrays = program.weights.map((weight) =>
    weightArray(jax, weight, weights.get(weight.name)!),
  )
  const x = jax.numpy.array(input, { shape: program.values[onlyInput(program).id]!.shape })
  const cut = jaxPatches(program)
  const output = eager.read(jaxForward(jax, program)(cut ? cut(x) : x, arrays))
  assert.is(eager.references, 0, 'every reference ended')
  return output
}

async function expected(program: Program, input: Float32Array): Promise<Float32Array> {
  const model = referenceBackend.createModel(program.weights)
  const weights = randomWeights(program.weights)
  for (const { name, shape } of program.weights) {
    model.write(name, wholeRegion(shape), 0, weights.get(name)!)
  }
  const results = await model.compile(program).run({ [onlyInput(program).name]: input })
  return results[outputOf(program).name]!
}

const whole = { level: 'model', name: 'small', batch: 1, threads: 1 } as const

const small = (variation: Partial<ViTConfig>, graph: 'full' | 'pruned') => {
  return caseProgram({ ...whole, config: { ...smallConfig, ...variation } }, graph)
}

const programs: Record<string, Program> = {
  'the full graph': small({}, 'full'),
  'the pruned graph': small({}, 'pruned'),
  'GELU by tanh, no biases, a representation': small(
    { gelu: 'tanh', qkvBias: false, representation: 6 },
    'pruned',
  ),
  'two heads of a distilled model': small({ distilled: true }, 'full'),
  'the mean of all tokens': small({ classifier: 'gap', classToken: false }, 'full'),
  'an image whose size is no multiple of the patch': small({ imageSize: [13, 18] }, 'full'),
  'a Mixer': caseProgram({ ...whole, config: families.mixer! }, 'full'),
  'attention over all kinds of layers': outputsOnly(oddAttention()),
  'a gated MLP, and attention of a constant': gatedProgram(),
  'rotations, attention with a bias and a causal mask': outputsOnly(placedAttention()),
}

for (const [what, program] of Object.entries(programs)) {
  test(`jax-js is asked for what the reference computes: ${what}`, async () => {
    const [rows, columns] = program.values[onlyInput(program).id]!.shape
    const input = randomValues(rows * columns, 'pixels')
    const [found, right] = [forward(program, input), await expected(program, input)]
    assert.is(found.length, right.length)
    const difference = Math.max(...found.map((value, i) => Math.abs(value - right[i]!)))
    assert.ok(difference < 1e-6, `${difference}`)
  })
}

test('jax-js refuses softmax weights, ResNets, and pixels that are read twice', () => {
  const hybrid = caseProgram({ ...whole, config: families.hybrid! }, 'full')
  assert.throws(
    () => jaxPatches(hybrid),
    (error: Error) => isUnsupported(error) && /no SIMD for convolutions/.test(error.message),
  )

  const weights = withOutputs(vitBlockProgram(smallConfig), ['blocks.0.attention.weights'])
  assert.throws(() => forward(weights, new Float32Array(10 * 8)), isUnsupported)

  const net = new ProgramBuilder()
  const pixels = net.input('pixels', [16, 2])
  const patches = patchEmbed(net, 'patch', pixels, [4, 4], [2, 2], 8)
  const twice = net.build({ patches, raw: linear(net, 'raw', pixels, 4) })
  assert.throws(() => jaxPatches(twice), isUnsupported)
})

function outputsOnly(program: Program): Program {
  return withOutputs(program, Object.keys(program.outputs))
}

function isUnsupported(error: Error): boolean {
  return error instanceof UnsupportedError
}

test.run()
