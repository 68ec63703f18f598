import type { Run } from './run.ts'

/** How long the caller's thread computes before the event loop gets a turn, in milliseconds. */
const SLICE = 12

/** A record with more floating-point operations than this, a few milliseconds, is split. */
const PART_FLOPS = 2.5e8

/** When computing began since the last turn of the event loop; undefined after a turn. */
let kept: number | undefined

/** Shared by all runs, since many short runs in a row would starve the event loop too. */
function keptSince(turn: () => Promise<void>): number {
  if (kept === undefined) {
    kept = performance.now()
    turn().then(() => {
      kept = undefined
    })
  }
  return kept
}

/**
 * Computes on the caller's thread, yielding to the event loop in between, until the run is done or
 * settled, or `handOver` says that workers can continue it.
 * @param turn yields to the event loop
 */
export async function runSlices(
  run: Run,
  turn: () => Promise<void>,
  handOver: () => boolean = () => false,
): Promise<void> {
  const { kernels } = run.model
  keptSince(turn)
  while (run.next < run.total) {
    const { tape, scratch } = run.memory!
    const parts = Math.max(1, Math.ceil(run.job.records[run.next]!.flops / PART_FLOPS))
    let time = 0
    let yielded = false
    for (let part = 0; part < parts; part++) {
      const start = performance.now()
      kernels.share(tape, run.next, scratch, part, parts)
      const now = performance.now()
      time += now - start
      if (now - keptSince(turn) < SLICE) continue
      await turn()
      if (run.over) return
      yielded = true
    }
    run.advance(run.next + 1, [time])
    if (yielded && handOver()) return
  }
}
