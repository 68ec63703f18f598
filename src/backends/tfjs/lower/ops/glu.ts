import type { Glu } from '../../../../program/ops/glu.ts'
import type { LowerOp } from '../lowering.ts'
import { activations } from './linear.ts'

export const glu: LowerOp<Glu> = ({ input, output, activation }, lowering) => {
  const { tf, images } = lowering
  const [rows, columns] = lowering.shape(output)
  const activate = activations(lowering)[activation]
  const size = [images * rows, columns] as const
  return (value) => {
    const x = value(input)
    const gate = activate(tf.slice(x, [0, 0], size))
    return [tf.mul(gate, tf.slice(x, [0, columns], size))]
  }
}
