import { NoRoomError } from './cache.ts'

/** Undefined for what is missing or was written by nobody sane. */
export function parse<T>(text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T)
  } catch {
    return undefined
  }
}

const refusals = [
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  'EROFS',
  'EACCES',
  'EPERM',
  'ENOENT',
  'ENOTDIR',
  'EIO',
]

/** Turns the refusal of a file system into a NoRoomError. */
export async function orNoRoom<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    if (!refusals.includes(code ?? '')) throw error
    throw new NoRoomError(message, { cause: error })
  }
}
