import { ArgumentError } from '../../errors.ts'
import { nameOfUrl } from '../../platform/url-name.ts'

/** A file in a repository of Hugging Face. */
export interface HubReference {
  /** `org/name`, or `name` for legacy repositories. */
  readonly repository: string
  /** A branch, tag or commit. */
  readonly revision: string
  /** Its path in the repository; if absent, the weights that transformers would load. */
  readonly file: string | undefined
}

/**
 * Reads `hf:org/name`, `hf:org/name@revision`, `hf:org/name@revision:file`.
 * @throws ArgumentError where it is none of these
 */
export function parseHubReference(text: string): HubReference {
  const pattern = /^hf:(?:\/\/)?([\w.-]+(?:\/[\w.-]+)?)(?:@([\w./-]+))?(?::([\w./ +-]+))?$/
  const [, repository, revision = 'main', file] = pattern.exec(text) ?? []
  const parts = [repository, revision, file].flatMap((part) => part?.split('/') ?? [])
  if (repository === undefined || parts.some((part) => part === '' || /^\.+$/.test(part))) {
    throw new ArgumentError(
      `${JSON.stringify(nameOfUrl(text))} is not of the form hf:org/name, hf:org/name@revision or hf:org/name@revision:file.`,
    )
  }
  return { repository, revision, file }
}

export const isCommit = (revision: string) => /^[0-9a-f]{40}$/.test(revision)
