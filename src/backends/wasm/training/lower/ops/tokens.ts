import {
  ImageSumsField as S,
  TableBackwardField as T,
  TrainingOpcode,
} from '../../../../../../assembly/training/tape.ts'
import type {
  TokenEmbeddingBackward,
  TokensBackward,
} from '../../../../../program/training/tokens.ts'
import type { ValueId } from '../../../../../program/values.ts'
import type { TrainingLowering } from '../lowering.ts'
import type { LowerTrainingOp } from './lower-op.ts'

export const tokensBackward: LowerTrainingOp<TokensBackward> = (op, lowering) => {
  const { outputGradient, inputGradient, prefixRows } = op
  const [rows] = lowering.shape(outputGradient)
  sumImages(op.prefixGradient, outputGradient, prefixRows, lowering)
  sumImages(op.positionGradient, outputGradient, rows, lowering)
  // Only an address: nothing is computed.
  if (inputGradient !== undefined) lowering.alias(inputGradient, outputGradient, prefixRows)
}

export const tokenEmbeddingBackward: LowerTrainingOp<TokenEmbeddingBackward> = (op, lowering) => {
  const { ids, outputGradient, segmentGradient } = op
  const [rows, columns] = lowering.shape(outputGradient)
  const table = lowering.shared(op.tableGradient)
  if (table) {
    lowering.emitTraining(TrainingOpcode.TableBackward, op.tableGradient!, {
      ...lowering.fieldsOf(T.Input, outputGradient, 0),
      [T.Output]: table.address,
      [T.OutputStride]: 4 * columns,
      [T.Rows]: rows,
      [T.Columns]: columns,
      [T.Images]: lowering.images,
      [T.ImageBytes]: lowering.locate(outputGradient).imageBytes,
      [T.Adds]: Number(table.adds),
      [T.Ids]: lowering.rowOf(ids, 0),
      [T.TableRows]: table.weight.shape[0],
    })
  }
  sumImages(op.positionGradient, outputGradient, rows, lowering)
  const segment = lowering.shared(segmentGradient)
  if (!segment) return
  // All rows of each image to one.
  const { stride, imageBytes } = lowering.locate(outputGradient)
  lowering.eachImage((image) => {
    lowering.emitTraining(TrainingOpcode.ImageSums, segmentGradient!, {
      [S.Input]: lowering.rowOf(outputGradient, image),
      [S.InputStride]: imageBytes,
      [S.Output]: segment.address,
      [S.OutputStride]: 4 * columns,
      [S.Rows]: 1,
      [S.Columns]: columns,
      [S.Images]: rows,
      [S.ImageBytes]: stride,
      [S.Adds]: Number(segment.adds || image > 0),
    })
  })
}

/** The sums over images of the first rows of a value; further rows of the output get none. */
function sumImages(
  output: ValueId | undefined,
  input: ValueId,
  rows: number,
  lowering: TrainingLowering,
): void {
  const shared = lowering.shared(output)
  if (!shared) return
  const [all, columns] = shared.weight.shape
  const fields = {
    ...lowering.fieldsOf(S.Input, input, 0),
    [S.OutputStride]: 4 * columns,
    [S.Columns]: columns,
    [S.ImageBytes]: lowering.locate(input).imageBytes,
    [S.Adds]: Number(shared.adds),
  }
  lowering.emitTraining(TrainingOpcode.ImageSums, output!, {
    ...fields,
    [S.Output]: shared.address,
    [S.Rows]: rows,
    [S.Images]: lowering.images,
  })
  if (rows === all) return
  lowering.emitTraining(TrainingOpcode.ImageSums, output!, {
    ...fields,
    [S.Output]: shared.address + 4 * rows * columns,
    [S.Rows]: all - rows,
    [S.Images]: 0,
  })
}
