import { readFile } from 'node:fs/promises'
import { FormatError, SourceError } from '../errors.ts'
import { isArrayOf } from '../fields.ts'
import { besideOf } from './formats.ts'
import { readRecord, recordKey, type VectorRecord } from './record.ts'

/** What lies beside a file that has no room for it. */
export interface Beside {
  readonly record: VectorRecord
  /** SHA-256 of the vectors' bytes, in hexadecimal: both files are replaced one after the other. */
  readonly sha256: string
  /** Of each row; empty where the file has them itself. */
  readonly names: readonly string[]
}

export const writeBeside = ({ record, sha256, names }: Beside): string =>
  `${JSON.stringify({ [recordKey]: record, sha256, names }, null, 1)}\n`

/**
 * @param path of the vectors
 * @throws SourceError where there is none, FormatError for another file
 */
export async function readBeside(path: string): Promise<Beside> {
  const beside = besideOf(path)
  const text = await readFile(beside, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? `there is no ${beside}` : cause.message
    throw new SourceError(
      `Can't tell what made ${path}: ${why}. vitrine embed --out writes both; keep them together.`,
      { cause },
    )
  })
  let parsed: Record<string, unknown>
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new FormatError(`${beside} is not valid JSON.`, { cause })
  }
  const { [recordKey]: record, sha256, names } = parsed ?? {}
  if (
    record === undefined ||
    typeof sha256 !== 'string' ||
    !isArrayOf(names, (name) => typeof name === 'string')
  ) {
    throw new FormatError(
      `${beside} does not say what made ${path}; vitrine embed --out writes it.`,
    )
  }
  return { record: readRecord(record, beside), sha256, names: names as string[] }
}
