import { FormatError } from '../../errors.ts'
import { isCommit } from './reference.ts'

/** A file of a repository. */
export interface RepositoryFile {
  /** Its path in the repository. */
  readonly path: string
  readonly size?: number
  /** Known for large files (LFS). */
  readonly sha256?: string
}

/** The server's description of a repository at a revision. */
export interface RepositoryFacts {
  readonly commit: string
  readonly files: readonly RepositoryFile[]
  /** The licence that its card states, abbreviated, or the name of another one. */
  readonly license?: string
}

/**
 * Parses the response of `/api/models/…/revision/…?blobs=true`.
 * @param name for messages
 * @throws FormatError where it is malformed
 */
export function parseFacts(text: string, name: string): RepositoryFacts {
  const fail = (reason: string) =>
    new FormatError(
      `The server's response for ${name} is not that of Hugging Face's API: ${reason}.`,
    )
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch (cause) {
    throw fail(cause instanceof SyntaxError ? 'it is not JSON' : 'it is nested too deeply')
  }
  if (!isObject(answer)) throw fail('it is not an object')
  const { sha, siblings } = answer
  if (typeof sha !== 'string' || !isCommit(sha)) throw fail('sha is not a commit')
  if (!Array.isArray(siblings)) throw fail('siblings is not an array')
  const files = siblings.map((sibling: unknown, i) => {
    if (!isObject(sibling)) throw fail(`siblings[${i}] is not an object`)
    if (typeof sibling.rfilename !== 'string') throw fail(`siblings[${i}].rfilename is not a text`)
    return fileOf(sibling.rfilename, sibling)
  })
  const license = licenseOf(answer)
  return {
    commit: sha,
    files: files.filter(({ path }) => isPlainPath(path)),
    ...(license !== undefined && { license }),
  }
}

/** A card's `license` is `other` where it has no abbreviation; then its name says more. */
function licenseOf({ cardData }: Readonly<Record<string, unknown>>): string | undefined {
  if (!isObject(cardData)) return undefined
  const { license, license_name: name } = cardData
  const said = license === 'other' && name !== undefined ? name : license
  return typeof said === 'string' && /^[\w.+-]{1,60}$/.test(said) ? said : undefined
}

function fileOf(path: string, { size, lfs }: Readonly<Record<string, unknown>>): RepositoryFile {
  const large = isObject(lfs) ? lfs : {}
  const bytes = [large.size, size].find(isSize)
  const { sha256 } = large
  return {
    path,
    ...(bytes !== undefined && { size: bytes }),
    ...(typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) && { sha256 }),
  }
}

/** Whether a path stays inside the repository's folder. */
const isPlainPath = (path: string) =>
  path.split('/').every((part) => part !== '' && !/^\.+$/.test(part)) && !/[\\\p{Cc}]/u.test(path)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0
