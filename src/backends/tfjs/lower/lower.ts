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
   * Computes the operation: takes values from the run, puts what the operation makes there, and frees
   * what nothing reads any more.
   */
  run(values: Values): void
}

/** The tensors of a run that are alive. */
export type Values = Map<ValueId, Tensor>

/** `[rows, columns]`, and `[columns]` for a vector: the data itself must have been made with one axis. */
export const weightShape = ({ role, shape }: Weight): readonly number[] =>
  role === 'vector' ? [shape[1]] : shape

/**
 * A program as TensorFlow.js computes it, operation by operation. Values are
 * `[images * rows, columns]`; only those that are yet to be read are alive, so that the number of
 * tensors is the same after every run.
 * @param weight the tensor of a weight, in the shape that `weightShape` gives it
 */
export function lower(
  tf: Tfjs,
  dialect: Dialect,
  program: Program,
  weight: (id: WeightId) => Tensor,
  images = 1,
): Step[] {
  // Optional outputs that nothing reads are not made.
  const read = withOutputs(program, Object.keys(program.outputs))
  const lowering = new Lowering(tf, dialect, read, weight, images)
  const last = lastUses(read)
  return read.ops.map((op, i) => {
    const compute = lowerOp(op, lowering)
    const makes = operationOf(op).makes.map((field) => op[field] as ValueId | undefined)
    return {
      label: `${op.op} ${program.values[op.output]!.name}`,
      run(values) {
        const made = tf.tidy(() => compute((id) => values.get(id)!))
        makes.forEach((id, j) => {
          if (id !== undefined) values.set(id, made[j]!)
        })
        for (const id of last[i]!) {
          values.get(id)?.dispose()
          values.delete(id)
        }
      },
    }
  })
}

/** The inputs of a run as tensors. */
export function inputTensors(
  tf: Tfjs,
  program: Program,
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
