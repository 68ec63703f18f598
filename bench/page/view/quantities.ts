import type { Measured } from '../../report/report.ts'
import type { Quantity } from './bars.ts'
import { digits, duration, interval, megabytes, percent } from './format.ts'

const timesOf = ({ summary }: Measured) =>
  `${duration(summary.median)}, 95 % ${interval(summary.interval, duration)}, least ${duration(summary.min)}`

export const throughput: Quantity = {
  name: 'Images per second',
  value: ({ summary }) => summary.throughput,
  interval: ({ summary }, { bench }) => [
    (1000 * bench.batch) / summary.interval[1],
    (1000 * bench.batch) / summary.interval[0],
  ],
  show: (value) => digits(value),
  more: (one) => timesOf(one),
  scale: 'own',
  complete: true,
}

export const timeToAnswer: Quantity = {
  name: 'Time to the first answer',
  value: ({ summary }) => summary.median,
  interval: ({ summary }) => summary.interval,
  show: (value) => duration(value),
  more: (one) => timesOf(one),
  scale: 'own',
  complete: true,
}

/** @param best what one core can do at most, GFLOP/s */
export const rate = (best: number | undefined): Quantity => ({
  name: 'GFLOP/s',
  value: ({ summary }) => summary.gflops,
  interval: ({ summary }, { flops }) => [
    flops / summary.interval[1] / 1e6,
    flops / summary.interval[0] / 1e6,
  ],
  show: (value, { summary: { ceilingShare } }) =>
    ceilingShare == null ? digits(value) : `${digits(value)} · ${percent(ceilingShare)}`,
  more: (one) => timesOf(one),
  scale: 'own',
  complete: true,
  ...(best !== undefined && { limit: ({ bench }) => best * bench.threads }),
})

export const peakMemory: Quantity = {
  name: 'Peak memory of the process',
  value: ({ peakBytes }) => peakBytes,
  show: (value) => megabytes(value),
  scale: 'own',
}

export const ceilingShare: Quantity = {
  name: 'Share of the ceiling',
  value: ({ summary }) => summary.ceilingShare,
  show: (value) => percent(value),
  more: ({ summary }) => `${digits(summary.gflops)} GFLOP/s`,
  scale: 1,
}
