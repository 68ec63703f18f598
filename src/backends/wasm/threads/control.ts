import { Control } from '../../../../assembly/tape.ts'
import { CHECKS } from './patience.ts'

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

/** In `Joined`: the caller does not wait any more, so those who come late must not begin. */
const WITHDRAWN = -(2 ** 31)

/**
 * Says that a thread of a caller that blocks is there, and waits until all `count` of them are. False where
 * the caller has withdrawn the run: then none of them has touched its memory.
 */
export function join(memory: WebAssembly.Memory, control: number, count: number): boolean {
  const block = words(memory, control)
  let joined = Atomics.add(block, Control.Joined, 1) + 1
  if (joined >= count) Atomics.notify(block, Control.Joined)
  while (joined >= 0 && joined < count) {
    Atomics.wait(block, Control.Joined, joined)
    joined = Atomics.load(block, Control.Joined)
  }
  return joined >= 0
}

/**
 * Blocks until so many threads are there. Where some are not after a time, withdraws the run and returns
 * false.
 * @param patience in milliseconds in which this process runs, see `CHECKS`
 */
export function waitForJoined(
  memory: WebAssembly.Memory,
  control: number,
  count: number,
  patience: number,
): boolean {
  const block = words(memory, control)
  for (let look = 0; look < CHECKS; look++) {
    const deadline = performance.now() + patience / CHECKS
    for (let left = patience / CHECKS; left > 0; left = deadline - performance.now()) {
      const joined = Atomics.load(block, Control.Joined)
      if (joined >= count) return true
      Atomics.wait(block, Control.Joined, joined, left)
    }
  }
  for (;;) {
    const joined = Atomics.load(block, Control.Joined)
    if (joined >= count) return true
    if (Atomics.compareExchange(block, Control.Joined, joined, WITHDRAWN + joined) !== joined)
      continue
    Atomics.notify(block, Control.Joined)
    return false
  }
}
