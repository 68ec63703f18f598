import { Control } from '../../../../assembly/tape.ts'

const words = (memory: WebAssembly.Memory, control: number) =>
  new Int32Array(memory.buffer, control, Control.Words)

/**
 * Lets nobody wait at a barrier for a thread that is gone; see assembly/sync.ts. The block stays broken:
 * if its generation began anew, a thread that is late from an earlier barrier would take it for that one.
 */
export function breakBarrier(memory: WebAssembly.Memory, control: number): void {
  const block = words(memory, control)
  Atomics.store(block, Control.Broken, 1)
  Atomics.add(block, Control.Generation, 1)
  Atomics.notify(block, Control.Generation)
}

/** Before a run: what the one before may have left, which no thread reads any more. */
export function rearmControl(memory: WebAssembly.Memory, control: number): void {
  const block = words(memory, control)
  Atomics.store(block, Control.Abort, 0)
  Atomics.store(block, Control.Joined, 0)
}

/** Has all threads stop before the next record. */
export function requestStop(memory: WebAssembly.Memory, control: number): void {
  Atomics.store(words(memory, control), Control.Abort, 1)
}

/** Whether a thread of several, or one alone, was to stop at the barrier that it has just left. */
export function hasStopped(memory: WebAssembly.Memory, control: number, threads: number): boolean {
  const block = words(memory, control)
  if (threads === 1) return Atomics.load(block, Control.Abort) !== 0
  return (Atomics.load(block, Control.Stop) | Atomics.load(block, Control.Broken)) !== 0
}

export function isBroken(memory: WebAssembly.Memory, control: number): boolean {
  return Atomics.load(words(memory, control), Control.Broken) !== 0
}

/** Says that a thread has begun. */
export function join(memory: WebAssembly.Memory, control: number): void {
  const block = words(memory, control)
  Atomics.add(block, Control.Joined, 1)
  Atomics.notify(block, Control.Joined)
}

/**
 * Blocks until so many threads have begun; false where they have not after a time.
 * @param patience in milliseconds
 */
export function waitForJoined(
  memory: WebAssembly.Memory,
  control: number,
  count: number,
  patience: number,
): boolean {
  const block = words(memory, control)
  const deadline = performance.now() + patience
  for (;;) {
    const joined = Atomics.load(block, Control.Joined)
    if (joined >= count) return true
    const left = deadline - performance.now()
    if (left <= 0) return false
    Atomics.wait(block, Control.Joined, joined, left)
  }
}
