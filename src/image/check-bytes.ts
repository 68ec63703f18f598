import { LimitError } from '../errors.ts'

/** Throws a `LimitError` for more bytes than allowed. */
export function checkBytes(size: number, maxBytes: number, what: string): void {
  if (size <= maxBytes) return
  throw new LimitError(`${what} has ${size} bytes, the limit for an encoded image is ${maxBytes}.`)
}
