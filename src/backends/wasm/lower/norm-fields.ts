import { NormField } from '../../../../assembly/tape.ts'
import type { LayerNorm } from '../../../program/ops/layer-norm.ts'
import type { Lowering } from './lowering.ts'
import type { Word } from './tape-writer.ts'

/** The bits of an f32, as a field of a record. */
export const floatBits = (value: number): number =>
  new Uint32Array(Float32Array.of(value).buffer)[0]!

/** What all records of a layer norm say of it, beside the rows. */
export const normFields = (op: LayerNorm, lowering: Lowering): Record<number, Word> => ({
  [NormField.Scale]: lowering.weight(op.scale),
  [NormField.Bias]: lowering.weight(op.bias),
  [NormField.Epsilon]: floatBits(op.eps),
})
