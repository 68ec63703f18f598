import { ArgumentError } from '../../errors.ts'
import type { ValueId, WeightId } from '../values.ts'
import { checkShape } from './check-shape.ts'
import type { Operation, Writer } from './operation.ts'

/**
 * Divides the columns into groups and normalises each group, over all rows, to mean 0 and variance 1; then scales and
 * shifts each column (Wu and He 2018), adds the residual and applies the activation:
 * `activation(normal * scale + bias + residual)`.
 */
export interface GroupNorm {
  readonly op: 'group_norm'
  readonly input: ValueId
  readonly output: ValueId
  readonly scale: WeightId
  readonly bias: WeightId
  readonly residual: ValueId | undefined
  readonly groups: number
  readonly eps: number
  readonly activation: 'none' | 'relu'
}

export const groupNormOperation: Operation<GroupNorm> = {
  op: 'group_norm',
  reads: ['input', 'residual'],
  makes: ['output'],
  weights: { scale: 'vector', bias: 'vector' },
}

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
