import type { MeanRowsBackward, RowsBackward } from '../../../../../program/training/rows.ts'
import type { TokensBackward } from '../../../../../program/training/tokens.ts'
import type { ValueId } from '../../../../../program/values.ts'
import type { Lowering } from '../../../lower/lowering.ts'
import type { Tensor } from '../../../tf.ts'
import { type LowerTrainingOp, wanted } from '../lowering.ts'

export const rowsBackward: LowerTrainingOp<RowsBackward> = (op, lowering) => {
  const { outputGradient, inputGradient, from } = op
  const [count] = lowering.shape(outputGradient)
  return (value) => [placed(value(outputGradient), count, inputGradient, from, lowering)]
}

export const meanRowsBackward: LowerTrainingOp<MeanRowsBackward> = (op, lowering) => {
  const { tf, images } = lowering
  const { outputGradient, inputGradient, from } = op
  const [rows, columns] = lowering.shape(inputGradient)
  const count = rows - from
  return (value) => {
    const share = tf.reshape(tf.mul(value(outputGradient), 1 / count), [images, 1, columns])
    return [placed(tf.tile(share, [1, count, 1]), count, inputGradient, from, lowering)]
  }
}

/** `count` rows of each image from row `from` of a value on, whose other rows are 0. */
function placed(
  x: Tensor,
  count: number,
  target: ValueId,
  from: number,
  lowering: Lowering,
): Tensor {
  const { tf, images } = lowering
  const [rows, columns] = lowering.shape(target)
  const whole = tf.pad(tf.reshape(x, [images, count, columns]), [
    [0, 0],
    [from, rows - from - count],
    [0, 0],
  ])
  return tf.reshape(whole, [images * rows, columns])
}

export const tokensBackward: LowerTrainingOp<TokensBackward> = (op, lowering) => {
  const { tf, images } = lowering
  const { outputGradient, prefixRows } = op
  const shape = lowering.shape(outputGradient)
  const [rows, columns] = shape
  const count = rows - prefixRows
  return (value) => {
    const dy = value(outputGradient)
    return [
      wanted(op.inputGradient, () =>
        tf.reshape(lowering.rows(dy, shape, prefixRows, count), [images * count, columns]),
      ),
      wanted(op.prefixGradient, () => tf.sum(lowering.rows(dy, shape, 0, prefixRows), 0)),
      wanted(op.positionGradient, () => tf.sum(lowering.rows(dy, shape, 0, rows), 0)),
    ]
  }
}
