import { ArgumentError } from '../errors.ts'

/** Whether an input is bytes in memory. */
export const isBytes = (input: unknown): input is Uint8Array | ArrayBuffer =>
  input instanceof Uint8Array || input instanceof ArrayBuffer

/** Whether the underlying buffer was transferred, for example to a worker. */
export function isDetached(bytes: ArrayBufferLike | ArrayBufferView): boolean {
  try {
    // `ArrayBuffer.prototype.detached` of newer engines.
    new Uint8Array(ArrayBuffer.isView(bytes) ? bytes.buffer : bytes)
    return false
  } catch {
    return true
  }
}

/** @throws ArgumentError if the buffer was transferred before or during a call */
export function requireAttached(bytes: ArrayBufferLike | ArrayBufferView, what: string): void {
  if (!isDetached(bytes)) return
  throw new ArgumentError(
    `The buffer of ${what} was transferred, so there is nothing to read; pass a copy, or transfer it afterwards.`,
  )
}
