import { createReadStream } from 'node:fs'
import { addAbortSignal, type Readable } from 'node:stream'
import { SourceError } from '../../errors.ts'
import { UsageError } from '../exit.ts'

/**
 * The names in a list, as they arrive: one a line, or with zero bytes between them, as `find -print0`
 * writes them. Empty lines are skipped.
 * @param path of the list; `-` is stdin
 * @throws SourceError where it can't be read, UsageError where stdin is a terminal
 */
export async function* listedNames(path: string, signal: AbortSignal): AsyncGenerator<string> {
  let rest = ''
  let separator: '\n' | '\0' | undefined
  try {
    for await (const part of openList(path, signal)) {
      const text: string = rest + part
      // A name may hold line feeds where zeros separate: what comes first decides for the whole list.
      separator ??= text.includes('\0') ? '\0' : text.includes('\n') ? '\n' : undefined
      if (separator === undefined) {
        rest = text
        continue
      }
      const names = text.split(separator)
      rest = names.pop()!
      for (const name of names) if (clean(name)) yield clean(name)
    }
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof UsageError) throw cause
    throw new SourceError(`Can't read the list of images: ${(cause as Error).message}.`, { cause })
  }
  if (clean(rest)) yield clean(rest)

  function clean(name: string): string {
    return separator === '\0' ? name : name.replace(/\r$/, '')
  }
}

function openList(path: string, signal: AbortSignal): Readable {
  if (path !== '-') return createReadStream(path, { encoding: 'utf8', signal })
  if (process.stdin.isTTY) {
    throw new UsageError('- reads a list from the standard input, which is a terminal here.')
  }
  return addAbortSignal(signal, process.stdin.setEncoding('utf8'))
}
