import { FormatError } from '../../errors.ts'

/** Where the bytes of an image are. */
export type Source =
  | { readonly path: string }
  /** `http:`, `https:`, `data:` or `s3:`. */
  | { readonly url: string }
  /** A member of a tar archive. */
  | { readonly tar: string; readonly offset: number; readonly size: number }

/** One image of a manifest. Paths are relative to the job's root, or absolute. */
export type Entry = Source & {
  /** Names the image in results; no other image of the manifest has it. */
  readonly image: string
}

export const entryLine = (entry: Entry): string => `${JSON.stringify(entry)}\n`

/**
 * @param line a line of a manifest
 * @param place for messages
 * @throws FormatError for a line that `entryLine` did not write
 */
export function readEntry(line: string, place: string): Entry {
  let entry: Partial<Record<'image' | 'path' | 'url' | 'tar' | 'offset' | 'size', unknown>>
  try {
    entry = JSON.parse(line) ?? {}
  } catch (cause) {
    throw new FormatError(`${place} is not JSON.`, { cause })
  }
  const { image, path, url, tar, offset, size } = entry
  const isSource =
    typeof path === 'string' ||
    typeof url === 'string' ||
    (typeof tar === 'string' && isPlace(offset) && isPlace(size))
  if (typeof image === 'string' && isSource) return entry as Entry
  throw new FormatError(`${place} does not say which image it is, and where.`)
}

const isPlace = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
