import { NormField } from '../../../../assembly/tape.ts'
import type { LayerNorm } from '../../../program/ops/layer-norm.ts'
import type { Block, Lowering } from './lowering.ts'
import type { Word } from './tape-writer.ts'

/** The fields that all records of a layer norm share. */
export function normFields(op: LayerNorm, block: Block, lowering: Lowering): Record<number, Word> {
  const [, columns] = lowering.shape(op.output)
  lowering.scratch.row = Math.max(lowering.scratch.row, columns)
  return {
    [NormField.Input]: lowering.rowOf(op.input, block.image),
    [NormField.InputStride]: lowering.locate(op.input).stride,
    [NormField.Rows]: block.rows,
    [NormField.Columns]: columns,
    [NormField.Scale]: lowering.weight(op.scale),
    [NormField.Bias]: lowering.weight(op.bias),
    [NormField.Epsilon]: new Uint32Array(Float32Array.of(op.eps).buffer)[0]!,
  }
}
