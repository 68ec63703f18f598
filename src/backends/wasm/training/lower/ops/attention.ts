import {
  AttentionBackwardField as F,
  TrainingOpcode,
} from '../../../../../../assembly/training/tape.ts'
import type { AttentionBackward } from '../../../../../program/training/attention.ts'
import type { LowerTrainingOp } from './lower-op.ts'

/** Floats for each query of every head; see assembly/training/attention.ts. */
const STATS = 3

export const attentionBackward: LowerTrainingOp<AttentionBackward> = (op, lowering) => {
  const { query, keyValue, output, outputGradient, queryGradient, keyValueGradient, heads } = op
  const [queries, width] = lowering.shape(query)
  const [tokens] = lowering.shape(keyValue)
  const headWidth = width / heads
  const { panel } = lowering.addresses.build
  const scratch = panel * (2 * headWidth + 2 * Math.max(tokens, queries) + 3)
  lowering.useScratch(Math.ceil(scratch / 4))
  const made = [queryGradient, keyValueGradient].filter((id) => id !== undefined)
  const label = made[0]!
  lowering.eachImage((image) => {
    const read = {
      ...lowering.fieldsOf(F.Query, query, image),
      ...lowering.fieldsOf(F.KeyValue, keyValue, image),
      ...lowering.fieldsOf(F.Gradient, outputGradient, image),
      [F.Packed]: lowering.tape.allocate(4 * width * (3 * tokens + 4 * queries)),
      [F.Queries]: queries,
      [F.Tokens]: tokens,
      [F.Heads]: heads,
      [F.HeadWidth]: headWidth,
    }
    lowering.emitTraining(TrainingOpcode.AttentionBackwardPack, label, read)
    if (image === 0) for (const id of made) lowering.define(id)
    const fields = {
      ...read,
      ...lowering.fieldsOf(F.Attended, output, image),
      ...lowering.fieldsOf(F.QueryGradient, queryGradient, image),
      ...lowering.fieldsOf(F.KeyValueGradient, keyValueGradient, image),
      [F.Stats]: lowering.tape.allocate(4 * STATS * heads * queries),
      [F.Zeros]: lowering.addresses.zeros,
      [F.Causal]: Number(op.causal),
      [F.Bias]: op.bias === undefined ? 0 : lowering.weight(op.bias),
    }
    const product = 2 * queries * tokens * width
    const products = queryGradient === undefined ? 1 : 3
    lowering.emitTraining(TrainingOpcode.QueryBackward, label, fields, products * product)
    if (keyValueGradient === undefined) return
    lowering.emitTraining(TrainingOpcode.KeyBackward, keyValueGradient, fields, 4 * product)
  })
}
