import { chmod, lstat, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SourceError } from '../../errors.ts'
import { draftOf, sweepDraftsOf } from '../../platform/node/drafts.ts'

interface WriteOptions {
  readonly signal: AbortSignal
  readonly onBytes?: (written: number) => void
  /** Whether the bytes are on the disk before the name is, so that a loss of power leaves no partial file. */
  readonly sync?: boolean
  /** Called after the last chunk: its bytes overwrite the start of the file. */
  readonly head?: () => Uint8Array
}

/**
 * Writes a file under a temporary name beside it, then renames it, so that it appears complete or not
 * at all. On failure the temporary file is removed and an older file stays. A temporary file of a killed
 * process is removed by a later write, a day or more after. A link stays a link, and its target is
 * replaced; a replaced file keeps its mode.
 * @returns the number of bytes written
 * @throws SourceError if the file system refuses, or the path is a folder, a device or read-only; what
 *   `chunks` throws; the signal's reason
 */
export async function writeAtomically(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { signal, onBytes, sync = false, head }: WriteOptions,
): Promise<number> {
  const { target, mode } = await findTarget(path)
  await sweepDraftsOf(target)
  const temporary = draftOf(target)
  const refused = (cause: NodeJS.ErrnoException) =>
    refusal(path, cause.code ?? cause.message, cause)
  const handle = await open(temporary, 'wx').catch((cause) => {
    throw refused(cause)
  })
  try {
    let written = 0
    for await (const chunk of chunks) {
      signal.throwIfAborted()
      await handle.writeFile(chunk).catch((cause) => {
        throw refused(cause)
      })
      written += chunk.length
      onBytes?.(written)
    }
    signal.throwIfAborted()
    const first = head?.()
    if (first) await handle.write(first, 0, first.length, 0)
    if (sync)
      await handle.sync().catch((cause) => {
        throw refused(cause)
      })
    await handle.close()
    if (mode !== undefined) await chmod(temporary, mode)
    await rename(temporary, target).catch((cause) => {
      throw refused(cause)
    })
    return written
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(temporary, { force: true })
    throw error
  }
}

/** The file to replace; checked because a rename would also replace devices and read-only files. */
async function findTarget(path: string): Promise<{ target: string; mode: number | undefined }> {
  const folder = await lstat(dirname(path)).catch(() => undefined)
  if (!folder) throw refusal(path, `there is no folder ${dirname(path)}`)
  const target = await realpath(path).catch(() => path)
  const found = await lstat(target).catch(() => undefined)
  if (!found) return { target, mode: undefined }
  if (!found.isFile()) throw refusal(path, 'it is not a regular file')
  if ((found.mode & 0o222) === 0) throw refusal(path, 'it is read-only')
  return { target, mode: found.mode & 0o7777 }
}

function refusal(path: string, reason: string, cause?: unknown): SourceError {
  return new SourceError(`Can't write ${path}: ${reason}.`, { cause })
}
