import { platform } from '#platform'
import { DisposedError } from '../../errors.ts'
import type { Op, Program, ValueId, Weight, WeightId } from '../../program/program.ts'
import type { Backend, Executable, Model, RunOptions } from '../backend.ts'
import { checkPixels, checkRegion, checkWeights, placeRegion } from '../weights.ts'
import type { Matrix } from './ops.ts'
import * as ops from './ops.ts'

/**
 * Plain TypeScript in float64, written to be read: the oracle that every other backend is tested
 * against. A ViT-Ti/16 takes seconds.
 */
export const referenceBackend: Backend = {
  name: 'reference',
  description: 'float64 in plain TypeScript, the oracle of the tests',
  createModel,
}

function createModel(weights: readonly Weight[]): Model {
  const store = new Map(weights.map(({ name, shape }) => [name, ops.matrix(...shape)]))
  let disposed = false
  return {
    write(name, region, start, values) {
      if (disposed) throw new DisposedError('The model')
      const weight = store.get(name)
      checkRegion(name, weight?.shape, region, start, values.length)
      placeRegion(weight!.shape[1], region, start, values, weight!.data)
    },
    compile(program) {
      checkWeights(program, weights)
      return {
        async run(pixels, options) {
          if (disposed) throw new DisposedError('The model')
          checkPixels(program, pixels)
          return execute(program, store, pixels, options ?? {})
        },
      } satisfies Executable
    },
    dispose() {
      disposed = true
      store.clear()
    },
  }
}

async function execute(
  program: Program,
  store: Map<string, Matrix>,
  pixels: Float32Array,
  { signal, onStep }: RunOptions,
) {
  const values = new Map<ValueId, Matrix>()
  const weight = (id: WeightId) => store.get(program.weights[id]!.name)!
  const optional = (id: WeightId | undefined) => (id === undefined ? undefined : weight(id))
  values.set(program.input, {
    shape: program.values[program.input]!.shape,
    data: Float64Array.from(pixels),
  })
  for (const op of program.ops) {
    signal?.throwIfAborted()
    const start = performance.now()
    values.set(op.output, apply(op))
    onStep?.(`${op.op} ${program.values[op.output]!.name}`, performance.now() - start)
    await platform.yield()
  }
  return Object.fromEntries(
    Object.entries(program.outputs).map(([name, id]) => [
      name,
      Float32Array.from(values.get(id)!.data),
    ]),
  )

  function apply(op: Op): Matrix {
    if (op.op === 'attention') {
      const [out, weights] = ops.attention(
        values.get(op.query)!,
        values.get(op.keyValue)!,
        op.heads,
      )
      if (op.weights !== undefined) values.set(op.weights, weights)
      return out
    }
    const input = values.get(op.input)!
    switch (op.op) {
      case 'patch_embed': {
        const patches = ops.cutPatches(input, op.patchSize)
        return ops.linear(patches, weight(op.kernel), optional(op.bias), 'none', undefined)
      }
      case 'tokens':
        return ops.tokens(input, optional(op.prefix), weight(op.position))
      case 'layer_norm':
        return ops.layerNorm(input, weight(op.scale), weight(op.bias), op.eps)
      case 'linear': {
        const residual = op.residual === undefined ? undefined : values.get(op.residual)!
        return ops.linear(input, weight(op.kernel), optional(op.bias), op.activation, residual)
      }
      case 'rows':
        return ops.rows(input, op.from, program.values[op.output]!.shape[0])
      case 'mean_rows':
        return ops.meanRows(input, op.from)
    }
  }
}
