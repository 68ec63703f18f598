import type { ValueId, WeightId } from '../values.ts'
import type { Operation } from './operation.ts'

/** Normalises each row to mean 0 and variance 1, then scales and shifts it (Ba et al. 2016). */
export interface LayerNorm {
  readonly op: 'layer_norm'
  readonly input: ValueId
  readonly output: ValueId
  readonly scale: WeightId
  readonly bias: WeightId
  readonly eps: number
}

export const layerNormOperation: Operation<LayerNorm> = {
  op: 'layer_norm',
  reads: ['input'],
  makes: ['output'],
  weights: { scale: 'vector', bias: 'vector' },
  rowsRead: (_, rows) => [rows],
}
