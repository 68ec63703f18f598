import { createReadStream } from 'node:fs'
import { addAbortSignal, type Readable } from 'node:stream'
import { SourceError } from '../../errors.ts'
import { UsageError } from '../exit.ts'

/**
 * Yields the names in a list as they arrive: one per line, or separated by zero bytes, as
 * `find -print0` writes them. Empty names are skipped.
 * @param path of the list; `-` is stdin
 * @throws SourceError if it can't be read, UsageError if stdin is a terminal
 */
export async function* listedNames(path: string, signal: AbortSignal): AsyncGenerator<string> {
  let rest = ''
  let separator: '\n' | '\0' | undefined
  try {
    for await (const part of openList(path, signal)) {
      const text: string = rest + part
      // The first separator decides for the whole list: names between zero bytes may have line feeds.
      separator ??= text.includes('\0') ? '\0' : text.includes('\n') ? '\n' : undefined
      if (separator === undefined) {
        rest = text
        continue
      }
      const names = text.split(separator)
      rest = names.pop()!
      for (const name of names) if (trimmed(name)) yield trimmed(name)
    }
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof UsageError) throw cause
    throw new SourceError(`Can't read the list of images: ${(cause as Error).message}.`, { cause })
  }
  if (trimmed(rest)) yield trimmed(rest)

  function trimmed(name: string): string {
    return separator === '\0' ? name : name.replace(/\r$/, '')
  }
}

function openList(path: string, signal: AbortSignal): Readable {
  if (path !== '-') return createReadStream(path, { encoding: 'utf8', signal })
  if (process.stdin.isTTY) {
    throw new UsageError(
      '- reads a list from the standard input, which is a terminal here; pipe a list into it.',
    )
  }
  return addAbortSignal(signal, process.stdin.setEncoding('utf8'))
}
