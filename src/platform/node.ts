import { type FileHandle, open, readFile } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { SourceError } from '../errors.ts'
import type { Platform, RandomAccessFile } from './platform.ts'

// Two levels below the root both as source (src/platform) and as built (build/node).
const packageRoot = new URL('../../', import.meta.url)

async function openFile(path: string): Promise<RandomAccessFile> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (cause) {
    throw new SourceError(`Can't open ${path}: ${(cause as Error).message}`, { cause })
  }
  const stat = await handle.stat()
  if (!stat.isFile()) {
    await handle.close()
    throw new SourceError(`Can't open ${path}: it is not a regular file.`)
  }
  return {
    size: stat.size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      let done = 0
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) {
          throw new SourceError(
            `${path} ended at byte ${offset + done}, ${length - done} too early.`,
          )
        }
        done += bytesRead
      }
      return bytes
    },
    close: () => handle.close(),
  }
}

export const platform: Platform = {
  name: 'node',
  readAsset: (path) => readFile(new URL(path, packageRoot)),
  openFile,
  environment: (name) => process.env[name],
  yield: () => setImmediate(),
}
