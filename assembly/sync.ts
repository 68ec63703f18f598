import { Control } from "./tape";

// Spinning costs a tenth of a microsecond, waking a sleeper tens: threads spin for about as long as a
// record takes before they sleep.
const SPINS: i32 = 20000;

/**
 * Waits until all threads have come here; what they wrote before is visible after. Returns whether the
 * run goes on. The last thread to come reads the abort flag for all: if each read it for itself, one
 * could leave while another waits for it.
 */
@inline
export function barrier(control: usize, threads: i32): bool {
  if (ASC_FEATURE_THREADS) {
    if (threads > 1) {
      meet(control, threads);
      return atomic.load<i32>(control + (Control.Stop << 2)) == 0;
    }
  }
  return load<i32>(control + (Control.Abort << 2)) == 0;
}

function meet(control: usize, threads: i32): void {
  const arrived = control + (Control.Arrived << 2);
  const generation = control + (Control.Generation << 2);
  const sleepers = control + (Control.Sleepers << 2);
  const now = atomic.load<i32>(generation);
  if (atomic.add<i32>(arrived, 1) == threads - 1) {
    atomic.store<i32>(arrived, 0);
    atomic.store<i32>(control + (Control.Stop << 2), atomic.load<i32>(control + (Control.Abort << 2)));
    atomic.store<i32>(generation, now + 1);
    if (atomic.load<i32>(sleepers)) atomic.notify(generation, -1);
    return;
  }
  for (let spins = 0; atomic.load<i32>(generation) == now; ) {
    if (++spins < SPINS) continue;
    atomic.add<i32>(sleepers, 1);
    atomic.wait<i32>(generation, now, -1);
    atomic.sub<i32>(sleepers, 1);
  }
}
