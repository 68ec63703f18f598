import { CheckpointError } from '../../errors.ts'
import type { Description } from '../description.ts'
import type { ModelConfig } from '../model-config.ts'
import type { ClassNames } from './labels.ts'

/** What one file beside the weights says. */
export interface Facts<Config extends ModelConfig = ModelConfig>
  extends Omit<Description<Config>, 'labels' | 'sources'> {
  /** Fields of the config that the tensors show too: both must agree. */
  readonly claims?: { readonly [Key in keyof Config]?: unknown }
  readonly names?: ClassNames | undefined
  /** Its `storedSize` is what the model was built with, not only what it was evaluated at. */
  readonly sizeIsCertain?: boolean
  /** Height and width of the pixels that an image processor makes, where it says so. */
  readonly processed?: readonly [height: number, width: number] | undefined
  /** What is not wrong and still has to be said. */
  readonly notices?: readonly string[]
  /**
   * Compares what goes together in other ways.
   * @param found what the tensors show
   * @param weights their name, for messages
   * @throws CheckpointError, UnsupportedError naming what does not go together, or is not run
   */
  check?(found: Config, weights: string): void
}

/** @throws CheckpointError naming every field in which a file and the tensors differ */
export function checkClaims(claims: object, found: object, file: string, weights: string): void {
  const tensors: Readonly<Record<string, unknown>> = { ...found }
  const different = Object.entries(claims).flatMap(([key, said]) => {
    const is = tensors[key]
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
