import type { ValueId } from '../../../../program/values.ts'
import type { Lowering } from '../../lower/lowering.ts'
import type { Tensor } from '../../tf.ts'

/**
 * Computes one operation of training. Returns its outputs in the order of the operation's `makes`, undefined for those
 * that the operation does not have. A gradient of a weight is the sum over all images, in the shape of `weightShape`.
 */
export type ComputeTraining = (value: (id: ValueId) => Tensor) => readonly (Tensor | undefined)[]

/** Lowers an operation of training. */
export type LowerTrainingOp<O> = (op: O, lowering: Lowering) => ComputeTraining

/** `make()` if an operation has the output `id`. */
export const wanted = (id: ValueId | undefined, make: () => Tensor): Tensor | undefined =>
  id === undefined ? undefined : make()

/** `a x b`; `turnA` and `turnB` transpose the last two axes. */
export type Multiply = (a: Tensor, b: Tensor, turnA?: boolean, turnB?: boolean) => Tensor

/**
 * Products of matrices. Where `matMul` has no fast path for transposed operands, they are transposed first: the
 * product of the WebAssembly backend is several times slower otherwise.
 */
export const multiplier = ({ tf, dialect }: Lowering): Multiply =>
  dialect.batchedProducts
    ? (a, b, turnA = false, turnB = false) => tf.matMul(a, b, turnA, turnB)
    : (a, b, turnA = false, turnB = false) => {
        const left = turnA ? tf.transpose(a) : a
        const right = turnB ? tf.transpose(b) : b
        return dialect.product(left, right, [left.shape[0]!, left.shape[1]!, right.shape[1]!])
      }
