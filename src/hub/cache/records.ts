import { ArgumentError } from '../../errors.ts'
import { visible } from '../../platform/url-name.ts'
import { CacheWriteError, type EntryInfo, type PartState } from './cache.ts'

// Records of caches, locks and refs may be damaged or written by other programs. Each is validated before
// use; a malformed one counts as missing.

/** Parses a JSON object; undefined for missing or malformed text and for other JSON values. */
export function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** A whole number, 0 or more. */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0

const isOptionalText = (value: unknown): value is string | undefined =>
  value === undefined || typeof value === 'string'

/** The stored record of an entry. Its key is the name of its folder. */
export type Recorded = Omit<EntryInfo, 'key' | 'used'>

export function parseRecorded(text: string | undefined): Recorded | undefined {
  const { name, file, size, sha256, version, added } = parseObject(text) ?? {}
  const isWhole =
    typeof name === 'string' &&
    typeof file === 'string' &&
    isCount(size) &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    isOptionalText(version) &&
    typeof added === 'number'
  if (!isWhole) return undefined
  return { name, file, size, sha256, ...(version !== undefined && { version }), added }
}

export function parsePartState(text: string | undefined): PartState | undefined {
  const { name, version, total } = parseObject(text) ?? {}
  if (typeof name !== 'string' || !isOptionalText(version)) return undefined
  if (total !== undefined && !isCount(total)) return undefined
  return {
    name,
    ...(version !== undefined && { version }),
    ...(total !== undefined && { total }),
  }
}

export const isKey = (key: unknown): key is string =>
  typeof key === 'string' && /^[0-9a-f]{1,64}$/.test(key)

/**
 * Validates a key from outside. Keys become file names.
 * @throws ArgumentError
 */
export function checkKey(key: unknown): void {
  if (isKey(key)) return
  const found = typeof key === 'string' ? JSON.stringify(visible(key.slice(0, 80))) : typeof key
  throw new ArgumentError(`A key of the cache is hexadecimal, as in list(), not ${found}.`)
}

/** Makes a file name safe for every file system, and different from the cache's own files. */
export function plainName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._+-]/g, '_').slice(-120)
  return /^(\.+|part|part\.json|info\.json|)$/.test(plain) ? `file-${plain}` : plain
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
  'EISDIR',
  'ENAMETOOLONG',
]

/** Converts file system errors to CacheWriteError. */
export async function asCacheWriteError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    if (!refusals.includes(code ?? '')) throw error
    throw new CacheWriteError(message, { cause: error })
  }
}
