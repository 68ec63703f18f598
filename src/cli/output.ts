import { once } from 'node:events'
import { printableJSON } from '../controls.ts'
import { printable, printableLine } from './view/printable.ts'

/**
 * All output of the command line goes through this file. In text for people, control characters that
 * come from data are escaped. Data for programs is written unchanged, except for text on a terminal.
 */

type Stream = NodeJS.WriteStream

/** Writes text for people without waiting for the stream to drain. */
export const show = (stream: Stream, text: string): boolean => stream.write(printable(text))

/** Writes one line to stderr. */
export function note(message: string): void {
  show(process.stderr, `${printableLine(message)}\n`)
}

/** Writes text for people to stdout and waits until the stream takes more. */
export const write = (text: string, signal: AbortSignal): Promise<void> =>
  put(printable(text), signal)

/** Writes data for programs to stdout, unchanged except for text on a terminal. */
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
  // A closed pipe aborts the signal a turn of the event loop later.
  signal.throwIfAborted()
}

const numbers = (view: ArrayBufferView) => view as Float32Array

/** Milliseconds since `start`, a value of `performance.now()`, to a hundredth. */
export const elapsed = (start: number) => Math.round((performance.now() - start) * 100) / 100
