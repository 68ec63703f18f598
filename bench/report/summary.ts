import type { Case } from '../cases/case.ts'
import type { Machine, Outcome, Summary } from './report.ts'
import {
  extent,
  median,
  medianInterval,
  type Rounds,
  ratio,
  ratioInterval,
  spread,
} from './statistics.ts'

/** What follows from an engine's times. */
export function summarise(
  { wall, cpu }: { wall: Rounds; cpu: readonly number[] },
  flops: number,
  bench: Case,
  ceilings: Machine['ceilings'],
): Summary {
  const all = wall.flat()
  const typical = median(all)
  const gflops = flops / typical / 1e6
  const best = Math.max(...Object.values(ceilings))
  return {
    median: typical,
    interval: medianInterval(wall),
    min: extent(all)[0],
    spread: spread(wall),
    cpuMedian: cpu.length === 0 ? undefined : median(cpu),
    gflops,
    ceilingShare: best > 0 && bench.level !== 'cold' ? gflops / (best * bench.threads) : undefined,
    throughput: (1000 * bench.batch) / typical,
    ratio: undefined,
  }
}

/** Adds each engine's time over the baseline's. */
export function withRatios(outcomes: readonly Outcome[], baseline: string): Outcome[] {
  const base = outcomes.find((one) => one.engine === baseline)
  if (base?.status !== 'measured') return [...outcomes]
  return outcomes.map((one) => {
    if (one.status !== 'measured') return one
    const value = ratio(one.wall, base.wall)
    const interval = ratioInterval(one.wall, base.wall)
    return { ...one, summary: { ...one.summary, ratio: { value, interval } } }
  })
}
