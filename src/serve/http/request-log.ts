/** What is known of a request when it was answered; it has no text of the client's. */
export interface RequestRecord {
  /** When it came, as ISO 8601. */
  readonly time: string
  /** Its method, such as `POST`. */
  readonly method: string
  /** The route with names in braces, such as `/v2/models/{model}/infer`; `none` for a path that does not exist. */
  readonly route: string
  /** The status of the answer; 499 where the client had left. */
  readonly status: number
  /** The model that it named, if that is one. */
  readonly model?: string
  /** How many images or texts were computed for it. */
  readonly items: number
  /** The bytes of its body, decompressed. */
  readonly bytes: number
  /** The address that it came from, if the listener says it. */
  readonly client?: string
  /** From the request to its answer, in milliseconds. */
  readonly ms: number
  /** Of these, how long its first item waited in the queue. */
  readonly queueMs?: number
  /** Why it was refused. */
  readonly error?: string
}
