import { Control } from "./tape";

// Spinning reacts in a tenth of a microsecond, waking a sleeping thread takes tens, and threads that sleep
// often migrate between cores. So threads spin longer than the shares of a record usually differ.
const SPINS: i32 = 200000;

// A thread without a core never arrives, however long another spins, and spinning may occupy its core. After
// a spin without success, threads spin only briefly (GLANCE) at some barriers before they sleep, and at twice
// as many after the next failure.
const GLANCE: i32 = 2000;
const FEWEST_GLANCES: i32 = 2;
const MOST_GLANCES: i32 = 256;

/**
 * Waits until all threads have arrived; their earlier writes are visible afterwards. Returns whether the run
 * continues. The last thread to arrive reads the abort flag for all: if each read it itself, one could leave
 * while another waits for it.
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
 * If a thread is lost, the others must not wait for it. The host sets Broken, then increments the generation,
 * so that waiting threads leave and see it. A thread that reads the new generation also sees Broken, since
 * the two are read in the opposite order of the writes.
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
  if (!spin(control, generation, now)) {
    atomic.add<i32>(sleepers, 1);
    while (atomic.load<i32>(generation) == now) atomic.wait<i32>(generation, now, -1);
    atomic.sub<i32>(sleepers, 1);
  }
  return (atomic.load<i32>(stop) | atomic.load<i32>(broken)) == 0;
}

/**
 * Spins, and returns whether the generation changed meanwhile. The adaptive counters stay in the control block
 * for the next run; racing writes to them are harmless.
 */
function spin(control: usize, generation: usize, now: i32): bool {
  const glances = control + (Control.Glances << 2);
  const penalty = control + (Control.Penalty << 2);
  const left = atomic.load<i32>(glances);
  const most = left > 0 ? GLANCE : SPINS;
  for (let spins = 0; spins < most; spins++) {
    if (atomic.load<i32>(generation) == now) continue;
    // Two threads ran at the same time, so there are cores for both.
    const before = atomic.load<i32>(penalty);
    if (before > 0) {
      atomic.store<i32>(penalty, before >> 1);
      atomic.store<i32>(glances, left >> 1);
    }
    return true;
  }
  if (left > 0) {
    atomic.store<i32>(glances, left - 1);
  } else {
    const next = min(max(atomic.load<i32>(penalty) << 1, FEWEST_GLANCES), MOST_GLANCES);
    atomic.store<i32>(penalty, next);
    atomic.store<i32>(glances, next);
  }
  return false;
}
