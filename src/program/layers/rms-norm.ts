import type { Writer } from '../ops/operation.ts'
import { type RmsNorm, rmsNormOperation } from '../ops/rms-norm.ts'
import type { ValueId } from '../values.ts'

/** The shape of its input. Weight: `NAME.scale`. */
export function rmsNorm(net: Writer<RmsNorm>, name: string, input: ValueId, eps: number): ValueId {
  const [rows, columns] = net.shape(input)
  const scale = net.weight(`${name}.scale`, [1, columns], rmsNormOperation.weights.scale!)
  const output = net.value(name, [rows, columns])
  net.push({ op: 'rms_norm', input, output, scale, eps })
  return output
}
