import { contradiction } from '../../../checkpoint/beside/facts.ts'
import type { EncoderConfig } from '../config.ts'

/** @throws CheckpointError where a file says a number of heads that does not divide the width */
export function checkHeads(
  heads: number | undefined,
  given: { readonly config?: Pick<Partial<EncoderConfig>, 'heads'> | undefined },
  { width }: Pick<EncoderConfig, 'width'>,
  file: string,
  weights: string,
): void {
  if (heads === undefined || width % heads === 0 || given.config?.heads) return
  throw contradiction(file, weights, `${heads} heads, which don't divide the width ${width}`)
}
