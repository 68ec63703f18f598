import { once } from 'node:events'
import { printable, printableJSON, printableLine } from './view/printable.ts'

/**
 * All output of the command line passes this file. Text for people reaches a stream without control
 * characters of others; data for programs is exact, unless a terminal would show it.
 */

type Stream = NodeJS.WriteStream

/** Writes text for people, not waiting for the stream. */
export const show = (stream: Stream, text: string): boolean => stream.write(printable(text))

/** A message for the person at the terminal, which is no data: one line. */
export function note(message: string): void {
  show(process.stderr, `${printableLine(message)}\n`)
}

/** Writes text for people to stdout, no faster than it is taken. */
export const write = (text: string, signal: AbortSignal): Promise<void> =>
  put(printable(text), signal)

/** Writes data for programs to stdout: exactly as it is, except text on a terminal. */
export const writeData = (data: string | Uint8Array, signal: AbortSignal): Promise<void> =>
  put(typeof data === 'string' && process.stdout.isTTY ? printable(data) : data, signal)

/** One JSON value on a line of its own; typed arrays are written as arrays. */
export function writeJSON(value: unknown, signal: AbortSignal): Promise<void> {
  const plain = (_: string, part: unknown) => (ArrayBuffer.isView(part) ? [...numbers(part)] : part)
  return put(`${printableJSON(JSON.stringify(value, plain))}\n`, signal)
}

async function put(data: string | Uint8Array, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (!process.stdout.write(data)) await once(process.stdout, 'drain', { signal })
  // A closed pipe is reported a turn later.
  signal.throwIfAborted()
}

const numbers = (view: ArrayBufferView) => view as Float32Array

/** Milliseconds since `start` (of `performance.now()`), to a hundredth. */
export const elapsed = (start: number) => Math.round((performance.now() - start) * 100) / 100
