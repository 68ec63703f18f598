import { ArgumentError } from '../errors.ts'

/** Whether the memory of these bytes was transferred, to a worker for instance. */
export function isDetached(bytes: ArrayBufferLike | ArrayBufferView): boolean {
  try {
    // What newer engines have as a property.
    new Uint8Array(ArrayBuffer.isView(bytes) ? bytes.buffer : bytes)
    return false
  } catch {
    return true
  }
}

/** @throws ArgumentError where they were transferred, before a call or while it runs */
export function requireAttached(bytes: ArrayBufferLike | ArrayBufferView, what: string): void {
  if (!isDetached(bytes)) return
  throw new ArgumentError(
    `The buffer of ${what} was transferred, and there is nothing left to read; pass a copy, or transfer it afterwards.`,
  )
}
