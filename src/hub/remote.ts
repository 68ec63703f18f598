/** A published file: where it is, and what is known of it beforehand. */
export interface Remote {
  /** Its address, mirrors aside: by this it is known in caches. */
  readonly id: string
  /** Where it is asked for. */
  readonly url: string
  /** For people; without what may be secret in a URL. */
  readonly name: string
  /** Sent along, and never part of a message. */
  readonly headers?: Readonly<Record<string, string>>
  /** A longer file is not it, and nothing of it is kept. */
  readonly maxBytes: number
  /** What the publisher says of it. */
  readonly size?: number
  readonly sha256?: string
  /** The same bytes for ever: what is cached need not be compared with the server's version. */
  readonly immutable: boolean
  /** The environment variables that name a mirror of it, for people. */
  readonly mirror?: string
  /** What helps where the server refuses (401, 403) or has nothing (404). */
  readonly advice?: string
}
