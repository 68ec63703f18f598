import {
  Activation as Code,
  GemmField,
  Opcode,
  type Quantization,
} from '../../../../../assembly/tape.ts'
import type { Activation, Linear } from '../../../../program/ops/linear.ts'
import type { ValueId, WeightId } from '../../../../program/values.ts'
import { integerSteps } from '../../builds/builds.ts'
import type { Block, Lowering } from '../lowering.ts'
import type { Slot } from '../tape-writer.ts'
import type { LowerOp } from './lower-op.ts'

export const linear: LowerOp<Linear> = (op, lowering, packing) => {
  const quantization = lowering.quantization(op.kernel)
  const residual = op.residual === undefined ? [] : [op.residual]
  const blocks = packing.blocks(op.input, residual)
  for (const block of blocks) {
    const packed = packing.pack(op.input, block, quantization)
    // After packing, so that the output may reuse the input's memory.
    if (block === blocks[0]) lowering.define(op.output)
    emitProduct(op, block, packed, lowering)
  }
}

/** A product whose left-hand side is already packed and whose output is defined. */
export interface Product {
  readonly output: ValueId
  readonly kernel: WeightId
  readonly bias: WeightId | undefined
  readonly activation: Activation
  readonly residual: ValueId | undefined
}

export function emitProduct(op: Product, block: Block, packed: Slot, lowering: Lowering): void {
  const { build } = lowering.addresses
  const { output, residual } = op
  const quantization: Quantization | undefined = lowering.quantization(op.kernel)
  const [inner, columns] = lowering.weightShape(op.kernel)
  const fields = {
    [GemmField.Packed]: packed,
    [GemmField.Panels]: lowering.weight(op.kernel),
    ...lowering.fieldsOf(GemmField.Output, output, block.image, block.row),
    [GemmField.Rows]: block.rows,
    [GemmField.Inner]: quantization === undefined ? inner : integerSteps(build, inner),
    [GemmField.PanelCount]: Math.ceil(columns / build.panel),
    [GemmField.Bias]: lowering.vector(op.bias),
    ...lowering.fieldsOf(GemmField.Residual, residual, block.image, block.row),
    [GemmField.Activation]: activationCodes[op.activation],
  }
  const opcode = quantization === undefined ? Opcode.Gemm : Opcode.IntegerGemm
  lowering.emit(opcode, output, fields, 2 * block.rows * inner * columns)
}

export const activationCodes = {
  none: Code.None,
  gelu_tanh: Code.GeluTanh,
  gelu_erf: Code.GeluErf,
  quick_gelu: Code.QuickGelu,
  silu: Code.Silu,
  tanh: Code.Tanh,
} as const satisfies Record<Activation, Code>
