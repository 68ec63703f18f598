import { SourceError } from '../../../errors.ts'
import { openWritable, type WritableFile } from '../../../platform/node/files.ts'
import { visible } from '../../../platform/url-name.ts'
import type { LogSink } from '../sink.ts'

const LINE_FEED = 10
const PIECE = 1 << 16

/**
 * Opens a file to which a log is appended, and creates it if it is missing. Of a log in lines, a last line that was cut
 * off, since the process that wrote it was killed, is removed.
 * @throws SourceError where it can't be opened
 */
export async function appendTo(
  path: string,
  { lines = false }: { readonly lines?: boolean } = {},
): Promise<LogSink> {
  const fail = (cause: unknown) => {
    throw new SourceError(`Can't write ${visible(path)}: ${(cause as Error).message}.`, { cause })
  }
  const file = await openWritable(path).catch(fail)
  let end = file.size
  if (lines) {
    end = await endOfLines(file)
    if (end < file.size) await file.truncate(end).catch(fail)
  }
  return {
    async append(bytes) {
      // Claimed before waiting, so that two writes at once do not overwrite each other.
      const at = end
      end += bytes.length
      await file.write(bytes, at).catch(fail)
    },
    close: () => file.close(),
  }
}

/** Where the last whole line ends. */
async function endOfLines(file: WritableFile): Promise<number> {
  for (let end = file.size; end > 0; ) {
    const start = Math.max(0, end - PIECE)
    const last = (await file.read(start, end - start)).lastIndexOf(LINE_FEED)
    if (last >= 0) return start + last + 1
    end = start
  }
  return 0
}
