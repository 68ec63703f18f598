import { ActivateField, TrainingOpcode } from '../../../../../../assembly/training/tape.ts'
import type { Activate, ActivateBackward } from '../../../../../program/training/activation.ts'
import type { Add } from '../../../../../program/training/add.ts'
import type { ValueId } from '../../../../../program/values.ts'
import { activationCodes } from '../../../lower/ops/linear.ts'
import type { TrainingLowering } from '../lowering.ts'
import type { LowerTrainingOp } from './lower-op.ts'

export const activate: LowerTrainingOp<Activate> = (op, lowering) =>
  emit(TrainingOpcode.Activate, op.input, op.residual, op.output, op.activation, lowering)

export const activateBackward: LowerTrainingOp<ActivateBackward> = (op, lowering) => {
  const { input, outputGradient, inputGradient, activation } = op
  emit(TrainingOpcode.ActivateBackward, input, outputGradient, inputGradient, activation, lowering)
}

export const add: LowerTrainingOp<Add> = ({ one, other, output }, lowering) =>
  emit(TrainingOpcode.Add, one, other, output, undefined, lowering)

function emit(
  opcode: TrainingOpcode,
  input: ValueId,
  second: ValueId | undefined,
  output: ValueId,
  activation: Activate['activation'] | undefined,
  lowering: TrainingLowering,
): void {
  const [rows, columns] = lowering.shape(output)
  lowering.define(output)
  const values = [input, output, ...(second === undefined ? [] : [second])]
  for (const block of lowering.blocks(rows, values, Number.POSITIVE_INFINITY)) {
    lowering.emitTraining(opcode, output, {
      ...lowering.fieldsOf(ActivateField.Input, input, block.image),
      ...lowering.fieldsOf(ActivateField.Output, output, block.image),
      [ActivateField.Rows]: block.rows,
      [ActivateField.Columns]: columns,
      ...lowering.fieldsOf(ActivateField.Second, second, block.image),
      [ActivateField.Activation]: activation ? activationCodes[activation] : 0,
    })
  }
}
