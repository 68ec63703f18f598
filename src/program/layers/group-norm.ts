import { ArgumentError } from '../../errors.ts'
import { checkShape } from '../ops/check-shape.ts'
import { type GroupNorm, groupNormOperation } from '../ops/group-norm.ts'
import type { Writer } from '../ops/operation.ts'
import type { ValueId } from '../values.ts'

export interface GroupNormOptions {
  groups: number
  eps: number
  activation?: GroupNorm['activation']
  residual?: ValueId
}

/**
 * The shape of its input. Weights: `NAME.scale` and `NAME.bias`.
 * @throws ArgumentError where the columns can't be divided among the groups, or the residual has another shape
 */
export function groupNorm(
  net: Writer<GroupNorm>,
  name: string,
  input: ValueId,
  { groups, eps, activation = 'none', residual }: GroupNormOptions,
): ValueId {
  const [rows, columns] = net.shape(input)
  if (columns % groups !== 0) {
    throw new ArgumentError(`${columns} channels can't be divided among ${groups} groups.`)
  }
  if (residual !== undefined) checkShape(name, net.shape(residual), [rows, columns])
  const { weights } = groupNormOperation
  const scale = net.weight(`${name}.scale`, [1, columns], weights.scale!)
  const bias = net.weight(`${name}.bias`, [1, columns], weights.bias!)
  const output = net.value(name, [rows, columns])
  net.push({ op: 'group_norm', input, output, scale, bias, residual, groups, eps, activation })
  return output
}
