import type { Refill } from './backends/backend.ts'
import { isBytes, requireAttached } from './bytes/detached.ts'
import type { CheckpointFile, CheckpointInput } from './checkpoint/checkpoint.ts'
import type { Beside } from './checkpoint/description.ts'
import type { Matched } from './checkpoint/plan/layout.ts'
import { loadPieces } from './checkpoint/plan/load.ts'
import { requireUnchanged } from './checkpoint/plan/unchanged.ts'
import { openCheckpoint } from './checkpoint/read/open.ts'
import type { ByteSource } from './checkpoint/source/source.ts'
import { SourceError } from './errors.ts'

type Use = (input: CheckpointInput | ByteSource, beside: Beside) => Promise<void>

/** Opens a checkpoint once more. */
export type Again = (use: Use, signal?: AbortSignal) => Promise<void>

/** What is known since the checkpoint was read first. */
interface Before {
  readonly maxBytes: number | undefined
  readonly tensors: CheckpointFile['tensors']
  readonly pieces: Matched['pieces']
}

/** Reads weights of a model once more. */
export function refill(
  again: Again,
  { maxBytes, tensors, pieces }: Before,
  sink: Parameters<Refill>[0],
  { weights = [...pieces.keys()], signal }: NonNullable<Parameters<Refill>[1]> = {},
): Promise<void> {
  return again(async (source, { neighbours }) => {
    if (isBytes(source)) requireAttached(source, 'the checkpoint')
    const file = await openCheckpoint(source, { maxBytes, signal }, neighbours)
    try {
      const wanted = weights.flatMap((weight) => pieces.get(weight) ?? [])
      requireUnchanged(tensors, file, wanted)
      await loadPieces(file, wanted, sink, { signal })
    } finally {
      await file.close()
    }
  }, signal)
}

export function refuseGone(): never {
  throw new SourceError(
    "The checkpoint's bytes are needed again, and nothing refers to them any more: keep a reference to them.",
  )
}
