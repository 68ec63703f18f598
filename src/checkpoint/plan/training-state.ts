import { UnsupportedError } from '../../errors.ts'
import type { CheckpointFile } from '../checkpoint.ts'

/** The key in the metadata of a state of `vitrine train`, from which training goes on. */
export const stateKey = 'vitrine.training-state'

/** @throws UnsupportedError for such a state, which has weights and is no model */
export function refuseState({ metadata, name }: CheckpointFile): void {
  if (metadata[stateKey] === undefined) return
  throw new UnsupportedError(
    `${name} is a state from which vitrine train goes on, and no model; load the folder once it has finished, or best.safetensors.`,
  )
}
