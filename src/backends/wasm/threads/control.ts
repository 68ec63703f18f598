import { Control } from '../../../../assembly/tape.ts'
import { CHECKS } from './patience.ts'

const words = (memory: WebAssembly.Memory, control: number) =>
  new Int32Array(memory.buffer, control, Control.Words)

/**
 * Breaks the barrier, so that no thread waits for one that is gone; see assembly/sync.ts. A broken block
 * is never reused: with its generation reset, a late thread could mistake a new barrier for its own.
 */
export function breakBarrier(memory: WebAssembly.Memory, control: number): void {
  const block = words(memory, control)
  Atomics.store(block, Control.Broken, 1)
  Atomics.add(block, Control.Generation, 1)
  Atomics.notify(block, Control.Generation)
}

/** Resets, before a run, the words that the previous run may have left set and no thread reads any more. */
export function rearmControl(memory: WebAssembly.Memory, control: number): void {
  const block = words(memory, control)
  Atomics.store(block, Control.Abort, 0)
  Atomics.store(block, Control.Joined, 0)
}

/** Asks all threads to stop before the next record. */
export function requestStop(memory: WebAssembly.Memory, control: number): void {
  Atomics.store(words(memory, control), Control.Abort, 1)
}

/** Whether the barrier that a thread has just left told it to stop. */
export function hasStopped(memory: WebAssembly.Memory, control: number, threads: number): boolean {
  const block = words(memory, control)
  if (threads === 1) return Atomics.load(block, Control.Abort) !== 0
  return (Atomics.load(block, Control.Stop) | Atomics.load(block, Control.Broken)) !== 0
}

export function isBroken(memory: WebAssembly.Memory, control: number): boolean {
  return Atomics.load(words(memory, control), Control.Broken) !== 0
}

/** In `Joined`: the caller has stopped waiting, so workers that join later must not start. */
const WITHDRAWN = -(2 ** 31)

/**
 * Joins a run of a blocking caller, and waits until all `count` workers have joined. Returns false where
 * the caller has withdrawn the run; then no worker has touched its memory.
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
 * Blocks until `count` workers have joined. After a timeout, withdraws the run and returns false.
 * @param patience in milliseconds of running time, see `CHECKS`
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
