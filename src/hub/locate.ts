import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import { findInFolder } from '../checkpoint/source/folder.ts'
import {
  type NeighbourOptions,
  type Neighbours,
  neighboursOf,
} from '../checkpoint/source/neighbours.ts'
import { completeUrl } from '../platform/complete-url.ts'
import { publishedName } from './published-name.ts'

/** What a text or a URL stands for. */
export type LocatedCheckpoint =
  | { readonly published: string }
  | { readonly file: CheckpointInput; readonly neighbours: Neighbours | undefined }

/**
 * Whether a text or a URL is a published checkpoint, and otherwise which file it is: in a folder, the one with the
 * weights.
 */
export async function locateCheckpoint(
  given: CheckpointInput,
  options: NeighbourOptions,
): Promise<LocatedCheckpoint> {
  const source = given instanceof URL ? completeUrl(given) : given
  const published = await publishedName(source)
  if (published !== undefined) return { published }
  const file = (await findInFolder(source)) ?? source
  return { file, neighbours: neighboursOf(file, options) }
}
