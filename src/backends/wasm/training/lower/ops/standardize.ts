import { StandardizeField as F, TrainingOpcode } from '../../../../../../assembly/training/tape.ts'
import type {
  Standardize,
  StandardizeBackward,
} from '../../../../../program/training/standardize.ts'
import type { ValueId } from '../../../../../program/values.ts'
import { floatBits } from '../../../lower/norm-fields.ts'
import type { Word } from '../../../lower/tape-writer.ts'
import type { TrainingLowering } from '../lowering.ts'
import type { LowerTrainingOp } from './lower-op.ts'

export const standardize: LowerTrainingOp<Standardize> = (op, lowering) =>
  emit(TrainingOpcode.Standardize, op, op.output, {}, lowering)

export const standardizeBackward: LowerTrainingOp<StandardizeBackward> = (op, lowering) =>
  emit(
    TrainingOpcode.StandardizeBackward,
    op,
    op.kernelGradient,
    { [F.Gradient]: lowering.weight(op.outputGradient) },
    lowering,
  )

/** One record for each image, since what is shared is the sum over images. */
function emit(
  opcode: TrainingOpcode,
  { kernel, eps, epsOn }: Standardize | StandardizeBackward,
  output: ValueId,
  more: Readonly<Record<number, Word>>,
  lowering: TrainingLowering,
): void {
  const { address, adds } = lowering.shared(output)!
  const [rows, columns] = lowering.weightShape(kernel)
  lowering.eachImage((image) => {
    lowering.emitTraining(opcode, output, {
      [F.Input]: lowering.weight(kernel),
      [F.Output]: address,
      [F.Rows]: rows,
      [F.Columns]: columns,
      [F.Epsilon]: floatBits(eps),
      [F.OnVariance]: Number(epsOn === 'variance'),
      ...more,
      [F.Adds]: Number(adds || image > 0),
    })
  })
}
