import { resolve } from 'node:path'
import { platform } from '#platform'
import { fileSource } from '../../checkpoint/source/file.ts'
import type { ByteSource } from '../../checkpoint/source/source.ts'
import { LimitError } from '../../errors.ts'
import type { ImageInput } from '../../image/image.ts'
import { visible } from '../../platform/url-name.ts'
import type { Entry } from '../manifest/entry.ts'
import { readUrl } from './read-url.ts'

/** The largest picture's file, in bytes; the same limit as for files that `classify` reads. */
const MAX_BYTES = 128 * 2 ** 20

/** Finds the images of a shard's entries. Archives stay open until it is closed. */
export class ImageReader {
  readonly #root: string
  readonly #archives = new Map<string, Promise<ByteSource>>()

  /** @param root the folder that relative paths begin at */
  constructor(root: string) {
    this.#root = root
  }

  /** @throws SourceError, LimitError, FormatError */
  async read(entry: Entry, signal: AbortSignal): Promise<ImageInput> {
    if ('path' in entry) return resolve(this.#root, entry.path)
    if ('url' in entry) return readUrl(await signed(entry.url), MAX_BYTES, signal)
    const { image, tar, offset, size } = entry
    if (size > MAX_BYTES) {
      throw new LimitError(`${image} has ${size} bytes, the limit is ${MAX_BYTES}.`)
    }
    const archive = await this.#open(resolve(this.#root, tar))
    return new Uint8Array(await archive.read(offset, size, signal))
  }

  #open(path: string): Promise<ByteSource> {
    const open = this.#archives.get(path)
    if (open) return open
    const opened = platform.openFile(path).then((file) => fileSource(file, visible(path)))
    this.#archives.set(path, opened)
    return opened
  }

  async close(): Promise<void> {
    const archives = await Promise.allSettled(this.#archives.values())
    this.#archives.clear()
    for (const archive of archives) {
      if (archive.status === 'fulfilled') await archive.value.close()
    }
  }
}

/** The code for stores is loaded with the first object of one. */
async function signed(url: string): Promise<string> {
  if (!/^s3:/i.test(url)) return url
  const { openBucket, splitS3 } = await import('../s3/store.ts')
  const { bucket, key } = splitS3(url)
  return openBucket(bucket).url(key)
}
