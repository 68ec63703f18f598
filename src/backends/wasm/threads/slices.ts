import { platform } from '#platform'
import type { Run } from './run.ts'

/** How long the caller's thread is kept before others have a turn, in milliseconds. */
const SLICE = 12

/** A record with more floating-point operations than this, some milliseconds' worth, is run in parts. */
const PART_FLOPS = 2.5e8

/** Since when the event loop had no turn, as far as runs know; undefined after one. */
let kept: number | undefined

/** Short runs in a row may leave the event loop none: so what counts is not the time of this run. */
function keptSince(): number {
  if (kept === undefined) {
    kept = performance.now()
    platform.yield().then(() => {
      kept = undefined
    })
  }
  return kept
}

/**
 * Computes on the caller's thread, with turns for others in between, until the run is done, over, or
 * `handOver` says that others can go on with it.
 */
export async function runSlices(run: Run, handOver: () => boolean): Promise<void> {
  const { kernels } = run.model
  keptSince()
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
      if (now - keptSince() < SLICE) continue
      await platform.yield()
      if (run.over) return
      yielded = true
    }
    run.advance(run.next + 1, [time])
    if (yielded && handOver()) return
  }
}
