import { platform } from '#platform'
import { ArgumentError, DisposedError } from '../../errors.ts'
import { operationOf } from '../../program/ops/operations.ts'
import type { Program } from '../../program/program.ts'
import type { TrainingProgram } from '../../program/training/operations.ts'
import type { ValueId, Weight } from '../../program/values.ts'
import type { Backend, Executable, Inputs, Model, Outputs, RunOptions } from '../backend.ts'
import { checkImages, checkInputs } from '../inputs.ts'
import { checkRegion, checkWeights, placeRegion } from '../weights.ts'
import { type Matrix, matrix } from './matrix.ts'
import { operandsOf } from './ops/compute.ts'
import { compute } from './ops/ops.ts'
import { runTraining } from './training/run.ts'

/**
 * The reference backend: plain TypeScript in float64, written for readability. All other backends are tested
 * against it. A ViT-Ti/16 takes seconds.
 */
export const referenceBackend: Backend = {
  name: 'reference',
  description: 'float64 in plain TypeScript, the reference for tests',
  createModel,
}

function createModel(weights: readonly Weight[]): Model {
  const store = new Map<string, Matrix>(weights.map(({ name, shape }) => [name, matrix(...shape)]))
  let disposed = false
  return {
    write(name, region, start, values) {
      if (disposed) throw new DisposedError('The model')
      const weight = store.get(name)
      checkRegion(name, weight?.shape, region, start, values.length)
      placeRegion(weight!.shape[1], region, start, values, weight!.data)
    },
    compile(program, options) {
      checkWeights(program, weights)
      const images = checkImages(options)
      return {
        async run(inputs, options) {
          if (disposed) throw new DisposedError('The model')
          checkInputs(program, inputs, images)
          return execute(program, store, inputs, images, options ?? {})
        },
      } satisfies Executable
    },
    compileTraining(program, options) {
      const images = checkImages(options)
      return {
        async run(inputs) {
          if (disposed) throw new DisposedError('The model')
          return trainOn(program, store, inputs, images)
        },
      } satisfies Executable
    },
    async read(name) {
      if (disposed) throw new DisposedError('The model')
      const weight = store.get(name)
      if (!weight) throw new ArgumentError(`There is no weight ${name}.`)
      return Float32Array.from(weight.data)
    },
    dispose() {
      disposed = true
      store.clear()
    },
  }
}

/** A run of a program of training. */
function trainOn(
  program: TrainingProgram,
  store: Map<string, Matrix>,
  inputs: Inputs,
  images: number,
): Outputs {
  const each = Array.from({ length: images }, (_, image) =>
    Object.fromEntries(
      Object.entries(inputs).map(([name, values]) => {
        const size = values.length / images
        return [name, values.subarray(image * size, (image + 1) * size)]
      }),
    ),
  )
  const outputs = runTraining(program, store, each)
  return Object.fromEntries(
    Object.keys(program.outputs).map((name) => [
      name,
      Float32Array.from(outputs.flatMap((of) => [...of[name]!])),
    ]),
  )
}

/** Computes the images one by one. */
async function execute(
  program: Program,
  store: ReadonlyMap<string, Matrix>,
  inputs: Inputs,
  images: number,
  options: RunOptions,
): Promise<Outputs> {
  const outputs: [name: string, id: ValueId, data: Float32Array][] = Object.entries(
    program.outputs,
  ).map(([name, id]) => {
    const [rows, columns] = program.values[id]!.shape
    return [name, id, new Float32Array(images * rows * columns)]
  })
  for (let image = 0; image < images; image++) {
    const values = await forward(program, store, inputs, image, options)
    for (const [, id, data] of outputs) {
      const of = values.get(id)!.data
      data.set(of, image * of.length)
    }
  }
  return Object.fromEntries(outputs.map(([name, , data]) => [name, data]))
}

/** Computes all values of a program for one image. */
async function forward(
  program: Program,
  store: ReadonlyMap<string, Matrix>,
  inputs: Inputs,
  image: number,
  { signal, onStep }: RunOptions,
): Promise<Map<ValueId, Matrix>> {
  const values = new Map<ValueId, Matrix>()
  const shape = (id: ValueId) => program.values[id]!.shape
  const operands = operandsOf(program, values, store)
  for (const [name, id] of Object.entries(program.inputs)) {
    const count = shape(id)[0] * shape(id)[1]
    const data = inputs[name]!.subarray(image * count, (image + 1) * count)
    values.set(id, { shape: shape(id), data: Float64Array.from(data) })
  }
  for (const op of program.ops) {
    signal?.throwIfAborted()
    const start = performance.now()
    const made = compute(op, operands)
    operationOf(op).makes.forEach((field, i) => {
      const id = op[field] as ValueId | undefined
      if (id !== undefined) values.set(id, made[i]!)
    })
    onStep?.(`${op.op} ${program.values[op.output]!.name}`, performance.now() - start)
    await platform.yield()
  }
  return values
}
