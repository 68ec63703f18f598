import { NormField } from '../../../../assembly/tape.ts'
import type { LayerNorm } from '../../../program/ops/layer-norm.ts'
import type { RmsNorm } from '../../../program/ops/rms-norm.ts'
import type { Lowering } from './lowering.ts'
import type { Word } from './tape-writer.ts'

/** The bits of an f32, as a field of a record. */
export const floatBits = (value: number): number =>
  new Uint32Array(Float32Array.of(value).buffer)[0]!

export type Norm = LayerNorm | RmsNorm

/** What all records of a norm say of it, beside the rows. */
export const normFields = (op: Norm, lowering: Lowering): Record<number, Word> => ({
  [NormField.Scale]: lowering.weight(op.scale),
  [NormField.Bias]: lowering.vector(op.op === 'rms_norm' ? undefined : op.bias),
  [NormField.Epsilon]: floatBits(op.eps),
  [NormField.Rms]: Number(op.op === 'rms_norm'),
})
