import { lastUses } from '../../../program/lifetimes.ts'
import { operationOf } from '../../../program/ops/operations.ts'
import { withOutputs } from '../../../program/passes/outputs.ts'
import type { Program } from '../../../program/program.ts'
import type { ValueId, Weight, WeightId } from '../../../program/values.ts'
import type { Dialect } from '../dialects.ts'
import type { Tensor, Tfjs } from '../tf.ts'
import { Lowering } from './lowering.ts'
import { lowerOp } from './ops/ops.ts'

/** One operation of a program, ready to run. */
export interface Step {
  readonly label: string
  /**
   * Computes the operation on the values of a run, adds its outputs, and frees values after their last
   * use.
   */
  run(values: Values): void
}

/** The live tensors of a run. */
export type Values = Map<ValueId, Tensor>

/** `[rows, columns]`, or `[columns]` for a vector: fused operations need a bias created with one axis. */
export const weightShape = ({ role, shape }: Weight): readonly number[] =>
  role === 'vector' ? [shape[1]] : shape

/**
 * Lowers a program to TensorFlow.js calls, one step per operation. Values are `[images * rows, columns]`.
 * Each is freed after its last use, so a run leaves no tensors behind.
 * @param weight the tensor of a weight, in the shape of `weightShape`
 */
export function lower(
  tf: Tfjs,
  dialect: Dialect,
  program: Program,
  weight: (id: WeightId) => Tensor,
  images = 1,
): Step[] {
  // Optional outputs that nothing reads are not computed.
  const read = withOutputs(program, Object.keys(program.outputs))
  const lowering = new Lowering(tf, dialect, read, weight, images)
  const last = lastUses(read)
  return read.ops.map((op, i) => {
    const compute = lowerOp(op, lowering)
    const makes = operationOf(op).makes.map((field) => op[field] as ValueId | undefined)
    const label = `${op.op} ${program.values[op.output]!.name}`
    return stepOf(tf, label, compute, makes, last[i]!)
  })
}

/**
 * @param makes where the results of `compute` go, in their order; undefined for those that are not wanted
 * @param last the values that are freed afterwards
 */
export const stepOf = (
  tf: Tfjs,
  label: string,
  compute: (value: (id: ValueId) => Tensor) => readonly (Tensor | undefined)[],
  makes: readonly (ValueId | undefined)[],
  last: readonly ValueId[],
): Step => ({
  label,
  run(values) {
    const made = tf.tidy(() => compute((id) => values.get(id)!))
    makes.forEach((id, j) => {
      if (id !== undefined) values.set(id, made[j]!)
    })
    for (const id of last) {
      values.get(id)?.dispose()
      values.delete(id)
    }
  },
})

/** Creates the input tensors of a run. */
export function inputTensors(
  tf: Tfjs,
  program: Pick<Program, 'inputs' | 'values'>,
  inputs: Readonly<Record<string, Float32Array | Int32Array>>,
  images: number,
): Values {
  const tensors = Object.entries(program.inputs).map(([name, id]) => {
    const { shape, type } = program.values[id]!
    const dtype = type === 'i32' ? 'int32' : 'float32'
    return [id, tf.tensor(inputs[name]!, [images * shape[0], shape[1]], dtype)] as const
  })
  return new Map(tensors)
}
