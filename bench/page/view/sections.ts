import { type Level, levels } from '../../cases/case.ts'
import type { CaseReport, Machine } from '../../report/report.ts'
import { bars } from './bars.ts'
import { h } from './dom.ts'
import type { Figure, Figures } from './figures.ts'
import { firstRuns } from './first-run.ts'
import { latencies } from './latency.ts'
import { ceilingShare, peakMemory, rate, throughput, timeToAnswer } from './quantities.ts'
import { type Baseline, engineOrder, levelTitles } from './rows.ts'
import { speedUps } from './speed-up.ts'

/** A question, how to read the answer, and the plots that answer it. */
interface Topic {
  readonly title: string
  readonly lead: string
  readonly figures: readonly Figure[]
}

interface Context {
  readonly order: readonly string[]
  readonly baseline: Baseline
  readonly ceilings: Machine['ceilings']
}

/** A section for each level that occurs. */
export function levelSections(
  cases: readonly CaseReport[],
  { baseline, ceilings }: Omit<Context, 'order'>,
  figures: Figures,
): HTMLElement[] {
  return levels.flatMap((level) => {
    const own = cases.filter(({ bench }) => bench.level === level)
    if (own.length === 0) return []
    const topics = topicsOf[level](own, { order: engineOrder(own), baseline, ceilings }).filter(
      (topic) => topic.figures.length > 0,
    )
    // Where each question has one small plot, they have room beside each other.
    const small = topics.every((topic) => topic.figures.length === 1 && !topic.figures[0]!.wide)
    return [
      h(
        'section',
        { class: 'vr-level' },
        h('h2', {}, levelTitles[level]),
        h('div', { class: small ? 'vr-row' : 'vr-column' }, ...topics.map(section)),
      ),
    ]
  })

  function section({ title, lead, figures: plots }: Topic): HTMLElement {
    return h(
      'section',
      { class: 'vr-topic' },
      h('h3', {}, title),
      h('p', { class: 'vr-lead' }, lead),
      figures.grid(plots),
    )
  }
}

const topicsOf: Readonly<
  Record<Level, (cases: readonly CaseReport[], context: Context) => Topic[]>
> = {
  model: (cases, context) => [
    {
      title: 'Throughput',
      lead: 'Images a second; longer is better. Whiskers are 95 % intervals. Each model has its own scale.',
      figures: bars(cases, context.order, throughput),
    },
    {
      title: 'Latency against model size',
      lead: 'Time of one run over the work for one image, both logarithmic; lower is better. Points are medians, the stroke below ends at the fastest run.',
      figures: latencies(cases, context.order),
    },
    speedUpTopic(cases, context),
    {
      title: 'First run and steady state',
      lead: 'Hollow is the first run after loading, filled the median once warm; the number is first over steady.',
      figures: firstRuns(cases, context.order),
    },
    memoryTopic(cases, context),
    {
      title: 'Share of the machine’s ceiling',
      lead: 'Arithmetic that gets done, of what the cores in use could do at most in registers.',
      figures: bars(cases, context.order, ceilingShare),
    },
  ],
  cold: (cases, context) => [
    {
      title: 'Time to the first answer',
      lead: 'From an empty process to the first result: start, load, compile, run. Shorter is better.',
      figures: bars(cases, context.order, timeToAnswer),
    },
    speedUpTopic(cases, context),
    memoryTopic(cases, context),
  ],
  block: (cases, context) => [rateTopic(cases, context), speedUpTopic(cases, context)],
  op: (cases, context) => [rateTopic(cases, context), speedUpTopic(cases, context)],
}

const speedUpTopic = (cases: readonly CaseReport[], { order, baseline }: Context): Topic => ({
  title: `Speed-up over ${baseline.engine}`,
  lead: 'How many times as fast, from runs of the same rounds, with 95 % intervals; further right is better. All share one logarithmic scale.',
  figures: speedUps(cases, order, baseline),
})

const memoryTopic = (cases: readonly CaseReport[], { order }: Context): Topic => ({
  title: 'Peak memory',
  lead: 'The most that the whole process ever had in memory, the runtime included; shorter is better.',
  figures: bars(cases, order, peakMemory),
})

function rateTopic(cases: readonly CaseReport[], { order, ceilings }: Context): Topic {
  const best = Math.max(0, ...Object.values(ceilings)) || undefined
  return {
    title: 'Rate of arithmetic',
    lead: best
      ? 'GFLOP/s, with 95 % intervals, and the share of the ceiling; longer is better. The dotted line is the ceiling of the cores in use.'
      : 'GFLOP/s, with 95 % intervals; longer is better.',
    figures: bars(cases, order, rate(best)),
  }
}
