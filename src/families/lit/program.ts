import { ArgumentError } from '../../errors.ts'
import type { Program } from '../../program/program.ts'
import { vitProgram } from '../vit/program.ts'
import { imageTower, type LiTConfig } from './config.ts'

/**
 * The image tower of a LiT (`models_lit.py` of google-research/vision_transformer). Its output is `features`, the
 * image's embedding `[1, embedding]`, not normalised.
 * @throws ArgumentError where the config contradicts itself
 */
export function litProgram(config: LiTConfig): Program {
  const program = vitProgram(imageTower(config))
  const { logits, features } = program.outputs
  const output = logits ?? features!
  const [rows, columns] = program.values[output]!.shape
  if (rows !== 1)
    throw new ArgumentError('A LiT has one embedding for an image; it must pool its tokens.')
  if (columns !== config.embedding) {
    throw new ArgumentError(
      `The image tower of a LiT without a head makes embeddings of ${columns}, not of ${config.embedding}.`,
    )
  }
  return { ...program, outputs: { features: output } }
}
