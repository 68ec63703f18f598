import type { CheckpointFile, TensorInfo } from '../checkpoint.ts'
import type { Publisher } from './publisher.ts'
import type { Recognised } from './recognise.ts'

/** A recognised model as its family looks at it: tensors by the names and slots of a publisher's table. */
export interface Found<P extends Publisher = Publisher> {
  readonly file: CheckpointFile
  readonly publisher: P
  /** Stored names by names of the table. */
  readonly stored: ReadonlyMap<string, string>
  /** The tensor of a slot outside the blocks. */
  tensor(slot: string): TensorInfo | undefined
}

export function foundIn(
  file: CheckpointFile,
  { publisher, stored }: Pick<Recognised, 'publisher' | 'stored'>,
): Found {
  return {
    file,
    publisher,
    stored,
    tensor(slot) {
      const row = publisher.tensors.find(([name, of]) => of === slot && stored.has(name))
      return row && file.tensors.get(stored.get(row[0])!)
    },
  }
}
