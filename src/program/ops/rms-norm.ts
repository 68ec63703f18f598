import type { ValueId, WeightId } from '../values.ts'
import type { Operation } from './operation.ts'

/** `x / sqrt(mean(x^2) + eps) * scale` of each row (Zhang and Sennrich 2019). */
export interface RmsNorm {
  readonly op: 'rms_norm'
  readonly input: ValueId
  readonly output: ValueId
  readonly scale: WeightId
  readonly eps: number
}

export const rmsNormOperation: Operation<RmsNorm> = {
  op: 'rms_norm',
  reads: ['input'],
  makes: ['output'],
  weights: { scale: 'vector' },
  rowsRead: (_, rows) => [rows],
}
