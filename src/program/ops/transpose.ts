import type { ValueId } from '../values.ts'
import type { Operation } from './operation.ts'

/** `input^T + residual` */
export interface Transpose {
  readonly op: 'transpose'
  readonly input: ValueId
  readonly output: ValueId
  readonly residual: ValueId | undefined
}

export const transposeOperation: Operation<Transpose> = {
  op: 'transpose',
  reads: ['input', 'residual'],
  makes: ['output'],
  weights: {},
}
