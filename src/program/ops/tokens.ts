import type { ValueId, WeightId } from '../values.ts'
import type { Operation, Writer } from './operation.ts'

/** Prefix tokens, then the input's rows; the position embedding is added to all of them. */
export interface Tokens {
  readonly op: 'tokens'
  readonly input: ValueId
  readonly output: ValueId
  /** `[prefix, width]` */
  readonly prefix: WeightId | undefined
  /** `[prefix + input rows, width]` */
  readonly position: WeightId
}

export const tokensOperation: Operation<Tokens> = {
  op: 'tokens',
  reads: ['input'],
  makes: ['output'],
  weights: { prefix: 'tokens', position: 'tokens' },
}

/** `[prefix + rows, columns]`. Weights: `prefix` and `position`. */
export function tokens(
  net: Writer<Tokens>,
  name: string,
  input: ValueId,
  prefixCount: number,
): ValueId {
  const [rows, columns] = net.shape(input)
  const { weights } = tokensOperation
  const prefix =
    prefixCount > 0 ? net.weight('prefix', [prefixCount, columns], weights.prefix!) : undefined
  const position = net.weight('position', [prefixCount + rows, columns], weights.position!)
  const output = net.value(name, [prefixCount + rows, columns])
  net.push({ op: 'tokens', input, output, prefix, position })
  return output
}
