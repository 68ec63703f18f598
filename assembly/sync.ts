import { Control } from "./tape";

// Spinning costs a tenth of a microsecond, waking a sleeper tens, and who sleeps often is moved about
// among the cores. So threads spin for longer than the shares of a record differ before they sleep.
const SPINS: i32 = 200000;

/**
 * Waits until all threads have come here; what they wrote before is visible after. Returns whether the
 * run goes on. The last thread to come reads the abort flag for all: if each read it for itself, one
 * could leave while another waits for it.
 */
@inline
export function barrier(control: usize, threads: i32): bool {
  if (ASC_FEATURE_THREADS) {
    if (threads > 1) return meet(control, threads);
    return atomic.load<i32>(control + (Control.Abort << 2)) == 0;
  }
  return load<i32>(control + (Control.Abort << 2)) == 0;
}

/**
 * When a thread is gone, the others must not wait for it: whoever notices sets Broken, then raises the
 * generation, so that those who wait leave and see it. Who reads the generation only after that sees
 * Broken as well, since both are read in the opposite order.
 */
function meet(control: usize, threads: i32): bool {
  const arrived = control + (Control.Arrived << 2);
  const generation = control + (Control.Generation << 2);
  const sleepers = control + (Control.Sleepers << 2);
  const broken = control + (Control.Broken << 2);
  const stop = control + (Control.Stop << 2);
  const now = atomic.load<i32>(generation);
  if (atomic.load<i32>(broken)) return false;
  if (atomic.add<i32>(arrived, 1) == threads - 1) {
    const aborted = atomic.load<i32>(control + (Control.Abort << 2));
    atomic.store<i32>(arrived, 0);
    atomic.store<i32>(stop, aborted);
    atomic.store<i32>(generation, now + 1);
    if (atomic.load<i32>(sleepers)) atomic.notify(generation, -1);
    return aborted == 0;
  }
  for (let spins = 0; atomic.load<i32>(generation) == now; ) {
    if (++spins < SPINS) continue;
    atomic.add<i32>(sleepers, 1);
    atomic.wait<i32>(generation, now, -1);
    atomic.sub<i32>(sleepers, 1);
  }
  return (atomic.load<i32>(stop) | atomic.load<i32>(broken)) == 0;
}
