import type { Rope } from '../ops/rope.ts'
import type { Rule } from './rule.ts'

/** The gradient of a rotation is the inverse rotation; the table is not trained. */
export const ropeRule: Rule<Rope, Rope> = (op, outputGradient, net) => {
  const output = net.like(op.input)
  if (output === undefined) return
  net.push({ ...op, input: outputGradient, output, inverse: !op.inverse })
  net.pass(op.input, output)
}
