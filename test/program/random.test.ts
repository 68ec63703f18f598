import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Model } from '../../src/backends/backend.ts'
import { onlyInput } from '../../src/backends/inputs.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { ProgramBuilder } from '../../src/program/builder.ts'
import { attention } from '../../src/program/layers/attention.ts'
import { constant } from '../../src/program/layers/constant.ts'
import { conv2d, patchEmbed } from '../../src/program/layers/conv2d.ts'
import { glu } from '../../src/program/layers/glu.ts'
import { groupNorm } from '../../src/program/layers/group-norm.ts'
import { layerNorm } from '../../src/program/layers/layer-norm.ts'
import { linear } from '../../src/program/layers/linear.ts'
import { maxPool } from '../../src/program/layers/max-pool.ts'
import { meanRows } from '../../src/program/layers/mean-rows.ts'
import { rmsNorm } from '../../src/program/layers/rms-norm.ts'
import { rows } from '../../src/program/layers/rows.ts'
import { transpose } from '../../src/program/layers/transpose.ts'
import { sameWindow, type Window } from '../../src/program/ops/window.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Program } from '../../src/program/program.ts'
import type { ValueId } from '../../src/program/values.ts'
import { gaussian, random, writeRandomWeights } from '../random.ts'

const width = 6
const activations = ['none', 'gelu_erf', 'gelu_tanh', 'tanh', 'silu', 'quick_gelu'] as const

/** A dozen ops that read any value that fits; most of them are of no use to the rest. */
function randomProgram(seed: number): Program {
  const next = random(seed)
  const below = (n: number) => Math.floor(next() * n)
  const net = new ProgramBuilder()
  const height = 3 + below(8)
  const pixels = net.input('pixels', [height, 3])
  const values: ValueId[] = [patchEmbed(net, 'patch', pixels, [height, 1], [1, 1], width)]
  const any = () => values[below(values.length)]!
  for (let i = 0; i < 12; i++) values.push(randomOp(`v${i}`, any()))
  return net.build({ last: values.at(-1)! })

  /** One column, or two if the rows are even. */
  function someWindow(positions: number): Window {
    const columns = positions % 2 === 0 ? 1 + below(2) : 1
    const grid = [positions / columns, columns] as const
    return sameWindow(grid, [1 + below(3), 1 + below(3)], [1 + below(2), 1 + below(2)])
  }

  function randomOp(name: string, x: ValueId): ValueId {
    const available = net.shape(x)[0]
    switch (below(14)) {
      case 0: {
        const from = below(available)
        return rows(net, name, x, from, 1 + below(available - from))
      }
      case 1:
        return layerNorm(net, name, x, 1e-3)
      case 2: {
        const fitting = values.filter((value) => net.shape(value)[0] === available)
        const activation = activations[below(activations.length)]!
        return linear(net, name, x, width, {
          activation,
          residual: fitting[below(fitting.length)]!,
        })
      }
      case 3:
        return attention(net, name, x, linear(net, `${name}.kv`, any(), 2 * width), 2)
      case 4:
        return meanRows(net, name, x, below(available))
      case 5: {
        const same = values.filter((value) => net.shape(value)[0] === available)
        const activation = (['none', 'relu'] as const)[below(2)]!
        const residual = [undefined, same[below(same.length)]!][below(2)]
        return groupNorm(net, name, x, {
          groups: 3,
          eps: 1e-3,
          activation,
          ...(residual !== undefined && { residual }),
        })
      }
      case 6:
        return conv2d(net, name, x, someWindow(available), width)
      case 7:
        return maxPool(net, name, x, someWindow(available))
      case 8: {
        const turned = transpose(net, `${name}.turned`, x)
        const mixed = linear(net, `${name}.mixed`, turned, available)
        return transpose(net, name, below(2) ? mixed : turned, below(2) ? x : undefined)
      }
      case 9:
        return glu(net, name, linear(net, `${name}.packed`, x, 2 * width))
      case 10:
        return rmsNorm(net, name, x, 1e-3)
      case 11:
        return constant(net, name, [1 + below(4), width])
      default:
        return linear(net, name, x, width)
    }
  }
}

test('whatever is asked for of whatever program, pruning changes no value', async () => {
  const wasm = await createWasmBackend({ wide: false })
  for (let seed = 0; seed < 150; seed++) {
    const program = randomProgram(seed)
    const next = random(seed + 1000)
    const names = program.values.map(({ name }) => name)
    const [height, stride] = program.values[onlyInput(program).id]!.shape
    const pixels = gaussian(seed, height * stride)
    const models = [referenceBackend, wasm].map((backend): Model => {
      const model = backend.createModel(program.weights)
      writeRandomWeights(model, program.weights)
      return model
    })
    const expected = await models[0]!.compile(withOutputs(program, names)).run({ pixels })
    for (let set = 0; set < 6; set++) {
      const wanted = Array.from(
        { length: 1 + set },
        () => names[Math.floor(next() * names.length)]!,
      )
      const pruned = withoutUnusedRows(withOutputs(program, wanted))
      for (const model of models) {
        const found = await model.compile(pruned).run({ pixels })
        for (const name of wanted) assertClose(found[name]!, expected[name]!, `${seed} ${name}`)
      }
    }
  }
})

test('an op that nobody reads is left out, whatever it reads', () => {
  const net = new ProgramBuilder()
  const x = patchEmbed(net, 'patch', net.input('pixels', [4, 3]), [4, 1], [1, 1], width)
  rows(net, 'dead rows', x, 1, 2)
  linear(net, 'dead linear', x, width)
  const program = withoutUnusedRows(net.build({ out: layerNorm(net, 'norm', x, 1e-6) }))
  assert.equal(
    program.ops.map(({ op }) => op),
    ['conv2d', 'layer_norm'],
  )
})

function assertClose(found: Float32Array, expected: Float32Array, what: string): void {
  assert.is(found.length, expected.length, what)
  found.forEach((value, i) => {
    const error = Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!))
    assert.ok(error < 3e-5, `${what}[${i}]: off by ${error}`)
  })
}

test.run()
