import { type Constant, constantOperation } from '../ops/constant.ts'
import type { Writer } from '../ops/operation.ts'
import type { Shape, ValueId } from '../values.ts'

/** `shape`, of the weight `NAME`. */
export function constant(net: Writer<Constant>, name: string, shape: Shape): ValueId {
  const weight = net.weight(name, shape, constantOperation.weights.weight!)
  const output = net.value(name, shape)
  net.push({ op: 'constant', weight, output })
  return output
}
