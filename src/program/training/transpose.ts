import type { Transpose } from '../ops/transpose.ts'
import type { Rule } from './rule.ts'

/** The gradient of a transposed matrix is the transposed gradient. */
export const transposeRule: Rule<Transpose, Transpose> = (
  { input, residual },
  outputGradient,
  net,
) => {
  if (residual !== undefined) net.pass(residual, outputGradient)
  const output = net.like(input)
  if (output === undefined) return
  net.push({ op: 'transpose', input: outputGradient, output, residual: undefined })
  net.pass(input, output)
}
