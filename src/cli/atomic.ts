import { open, rename, rm } from 'node:fs/promises'
import { SourceError } from '../errors.ts'

/**
 * Writes a file so that nobody ever sees half of it: under another name beside it, then renamed.
 * Where anything fails, what was written is removed and an older file of this name stays.
 * @returns the bytes written
 * @throws SourceError where the file system refuses, what `chunks` throws, the signal's reason
 */
export async function writeAtomically(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { signal, onBytes }: { signal: AbortSignal; onBytes?: (written: number) => void },
): Promise<number> {
  const temporary = `${path}.${process.pid}.tmp`
  const refused = (cause: unknown) =>
    new SourceError(`Can't write ${path}: ${(cause as Error).message}.`, { cause })
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
    await handle.close()
    await rename(temporary, path).catch((cause) => {
      throw refused(cause)
    })
    return written
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(temporary, { force: true })
    throw error
  }
}
