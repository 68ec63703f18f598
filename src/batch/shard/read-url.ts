import { setTimeout as sleep } from 'node:timers/promises'
import { SourceError } from '../../errors.ts'
import { readImage } from '../../image/read.ts'

/** Before each further try, in milliseconds. */
const PAUSES = [500, 2000, 8000]

/**
 * Reads what a URL names. What may pass is tried again: a broken connection, a server that has too much to do.
 * @throws SourceError, LimitError
 */
export async function readUrl(
  url: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  for (const pause of PAUSES) {
    try {
      return (await readImage(url, { maxBytes, signal })).bytes
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof SourceError) || isForGood(error)) throw error
    }
    await sleep(pause, undefined, { signal })
  }
  return (await readImage(url, { maxBytes, signal })).bytes
}

/** Statuses below 500 but for "request timeout" and "too many requests". */
const isForGood = ({ message }: SourceError) => /HTTP (?!408|429)[1-4]\d\d/.test(message)
