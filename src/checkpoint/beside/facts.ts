import { CheckpointError } from '../../errors.ts'
import type { ViTConfig } from '../../models/config.ts'
import type { Description } from '../description.ts'
import type { ClassNames } from './labels.ts'

/** What a file says of the structure, which the tensors show too: both must agree. */
export interface Claims {
  readonly width?: number | undefined
  readonly depth?: number | undefined
  readonly mlpWidth?: number | undefined
  readonly patchSize?: readonly [height: number, width: number] | undefined
  readonly channels?: number | undefined
  readonly qkvBias?: boolean | undefined
}

/** What one file beside the weights says. */
export interface Facts extends Omit<Description, 'labels' | 'sources'> {
  readonly claims?: Claims
  readonly names?: ClassNames | undefined
  /** The activation of transformers' pooler, of importance where the pooler is run. */
  readonly pooler?: string | undefined
  /** Its `storedSize` is what the model was built with, not only what it was evaluated at. */
  readonly sizeIsCertain?: boolean
  /** Height and width of the pixels that an image processor makes, where it says so. */
  readonly processed?: readonly [height: number, width: number] | undefined
  /** What is not wrong and still has to be said. */
  readonly notices?: readonly string[]
}

/** @throws CheckpointError naming every field in which a file and the tensors differ */
export function checkClaims(claims: Claims, found: ViTConfig, file: string, weights: string): void {
  const different = Object.entries(claims).flatMap(([key, said]) => {
    // Of other than three channels no tensors are read.
    const is = key === 'channels' ? 3 : found[key as Exclude<keyof Claims, 'channels'>]
    return said === undefined || String(said) === String(is) ? [] : [`${key} ${said}, not ${is}`]
  })
  if (different.length > 0) throw contradiction(file, weights, different.join('; '))
}

/** @param what the file says, and what the tensors have */
export function contradiction(file: string, weights: string, what: string): CheckpointError {
  return new CheckpointError(
    `${file} is not of ${weights}: it says ${what}. Put the right one there, or load without it (neighbours: false, --no-neighbours).`,
  )
}
