import { contradiction } from '../../../checkpoint/beside/facts.ts'
import type { Given } from '../../../checkpoint/description.ts'
import type { ModelConfig } from '../../../checkpoint/model-config.ts'
import type { EncoderConfig } from '../config.ts'

/** @throws CheckpointError where a file says a number of heads that does not divide the width */
export function checkHeads(
  heads: number | undefined,
  given: Given<EncoderConfig & ModelConfig>,
  { width }: Pick<EncoderConfig, 'width'>,
  file: string,
  weights: string,
): void {
  if (heads === undefined || width % heads === 0 || given.config?.heads) return
  throw contradiction(file, weights, `${heads} heads, which don't divide the width ${width}`)
}
