import { NormField } from '../../../../assembly/tape.ts'
import type { LayerNorm } from '../../../program/ops/layer-norm.ts'
import type { Block, Lowering } from './lowering.ts'
import type { Word } from './tape-writer.ts'

/** The bits of an f32, as a field of a record. */
export const floatBits = (value: number): number =>
  new Uint32Array(Float32Array.of(value).buffer)[0]!

/** The fields that all records of a layer norm share. */
export function normFields(op: LayerNorm, block: Block, lowering: Lowering): Record<number, Word> {
  const [, columns] = lowering.shape(op.output)
  lowering.useScratch(columns)
  return {
    [NormField.Input]: lowering.rowOf(op.input, block.image, block.row),
    [NormField.InputStride]: lowering.locate(op.input).stride,
    [NormField.Rows]: block.rows,
    [NormField.Columns]: columns,
    [NormField.Scale]: lowering.weight(op.scale),
    [NormField.Bias]: lowering.weight(op.bias),
    [NormField.Epsilon]: floatBits(op.eps),
  }
}
