import { CheckpointError } from '../../errors.ts'
import type { CheckpointFile } from '../checkpoint.ts'
import type { Piece } from './piece.ts'

/**
 * Compares a checkpoint that is opened again with what it was when it was planned.
 * @param tensors those of the first time
 * @throws CheckpointError where a tensor that is to be read is missing or has another type or shape
 */
export function requireUnchanged(
  tensors: CheckpointFile['tensors'],
  file: CheckpointFile,
  pieces: readonly Piece[],
): void {
  const changed = [...new Set(pieces.map(({ tensor }) => tensor))].filter((name) => {
    const [before, now] = [tensors.get(name), file.tensors.get(name)]
    return before?.dtype !== now?.dtype || before?.shape.join() !== now?.shape.join()
  })
  if (changed.length === 0) return
  throw new CheckpointError(
    `${file.name} has changed since the model was loaded: ${changed.join(', ')} is not what it was. Load the model again.`,
  )
}
