/** A published file: its location and expected properties. */
export interface Remote {
  /** The canonical URL, independent of mirrors; identifies the file in caches. */
  readonly id: string
  /** The URL to request. */
  readonly url: string
  /** Display name, without secrets of the URL. */
  readonly name: string
  /** Request headers; never part of a message. */
  readonly headers?: Readonly<Record<string, string>>
  /** A longer file is refused. */
  readonly maxBytes: number
  /** The published size in bytes and SHA-256, if known. */
  readonly size?: number
  readonly sha256?: string
  /** Whether the contents never change, so that a cached copy is always current. */
  readonly immutable: boolean
  /** The environment variables that set a mirror, for messages. */
  readonly mirror?: string
  /** What is said of its licence when it is downloaded. */
  readonly licence?: string
  /** Advice for HTTP 401, 403 and 404. */
  readonly advice?: string
}
