import { once } from 'node:events'

/** Writes data to stdout, no faster than it is taken. */
export async function write(data: string | Uint8Array, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (!process.stdout.write(data)) await once(process.stdout, 'drain', { signal })
  // A closed pipe is reported a turn later.
  signal.throwIfAborted()
}

/** One JSON value on a line of its own; typed arrays are written as arrays. */
export function writeJSON(value: unknown, signal: AbortSignal): Promise<void> {
  const plain = (_: string, part: unknown) => (ArrayBuffer.isView(part) ? [...numbers(part)] : part)
  return write(`${JSON.stringify(value, plain)}\n`, signal)
}

const numbers = (view: ArrayBufferView) => view as Float32Array

/** A message for the person at the terminal, which is no data. */
export function note(message: string): void {
  process.stderr.write(`${message}\n`)
}

/** Milliseconds since `start` (of `performance.now()`), to a hundredth. */
export const elapsed = (start: number) => Math.round((performance.now() - start) * 100) / 100
