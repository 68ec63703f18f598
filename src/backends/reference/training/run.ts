import { type TrainingProgram, trainingOperationOf } from '../../../program/training/operations.ts'
import type { ValueId } from '../../../program/values.ts'
import { type Matrix, matrix } from '../matrix.ts'
import { operandsOf } from '../ops/compute.ts'
import { computeTraining } from './ops.ts'

/**
 * Runs a program of training on several images, one by one, in float64.
 * @param weights by name; they get the program's updates
 * @param inputs of each image, by name, row by row
 * @returns the outputs of each image
 */
export function runTraining(
  program: TrainingProgram,
  weights: Map<string, Matrix>,
  inputs: readonly Readonly<Record<string, ArrayLike<number>>>[],
): Record<string, Float64Array>[] {
  const shape = (id: ValueId) => program.values[id]!.shape
  const sums = new Map<ValueId, Matrix>()
  const outputs = inputs.map((given) => {
    const values = new Map<ValueId, Matrix>()
    const operands = operandsOf(program, values, weights)
    for (const [name, id] of Object.entries(program.inputs)) {
      values.set(id, { shape: shape(id), data: Float64Array.from(given[name]!) })
    }
    for (const op of program.ops) {
      const made = computeTraining(op, operands)
      trainingOperationOf(op).makes.forEach((field, i) => {
        const id = op[field as never] as ValueId | undefined
        if (id === undefined) return
        if (program.values[id]!.shared) addTo(sums, id, made[i]!)
        else values.set(id, made[i]!)
      })
    }
    return Object.fromEntries(
      Object.entries(program.outputs).map(([name, id]) => [name, values.get(id)!.data]),
    )
  })
  for (const { weight: id, value, adds } of program.updates) {
    const { name, shape } = program.weights[id]!
    const target = weights.get(name)
    const { data } = sums.get(value)!
    if (!target || !adds) weights.set(name, { shape, data: data.slice() })
    else for (let i = 0; i < data.length; i++) target.data[i]! += data[i]!
  }
  return outputs
}

function addTo(sums: Map<ValueId, Matrix>, id: ValueId, { shape, data }: Matrix): void {
  const sum = sums.get(id) ?? matrix(...shape)
  data.forEach((x, i) => {
    sum.data[i]! += x
  })
  sums.set(id, sum)
}
