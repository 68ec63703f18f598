/**
 * What a page waits for: the time from navigation to the embedded model's answer, from a warm HTTP cache,
 * in pages with and without the headers that allow threads. Needs a build (`npm run build`). Each visit is a
 * navigation in a browser that has made the same before; the first ones, which fill the caches, do not count.
 *
 *     node --import tsx bench/scripts/page-start.ts [--dtype int8] [--visits 15] [--browser chromium]
 *       [--pages plain,isolated] [--options '{"threads":1}'] [--resources] [--no-ranges] [--quiet 0.1]
 *
 * With --quiet only those visits count during which other programs used less than this share of the processors
 * (Linux); there may be up to a hundred times as many visits until there are enough.
 */
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findBrowser } from '../browser/find.ts'
import { launch } from '../browser/launch.ts'
import { median } from '../report/statistics.ts'
import { type Host, startHost } from './page-start/host.ts'
import { Others } from './page-start/others.ts'
import { type Visit, visitPage } from './page-start/page.ts'

const { values } = parseArgs({
  options: {
    dtype: { type: 'string', default: 'int8' },
    visits: { type: 'string', default: '15' },
    browser: { type: 'string', default: 'chromium' },
    pages: { type: 'string', default: 'plain,isolated' },
    options: { type: 'string', default: '{}' },
    resources: { type: 'boolean', default: false },
    'no-ranges': { type: 'boolean', default: false },
    quiet: { type: 'string' },
  },
})

/** Visits that fill the caches: of files, and of the engine's compiled scripts. */
const WARM_UP = 3

/** Between visits, so that one does not pay for the end of the one before, in milliseconds. */
const PAUSE = 400

const root = fileURLToPath(new URL('../../', import.meta.url))
const options = { dtype: values.dtype, ...JSON.parse(values.options) }
const page = visitPage(options, PAUSE)

console.log(
  `${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} processors; ${values.browser}`,
)
for (const kind of values.pages.split(',')) {
  const { visits, made, requests } = await visit(kind === 'isolated')
  report(kind, visits, requests)
  console.log(`  ${visits.length} of ${made} visits`)
}

async function visit(isolated: boolean) {
  const visits: Visit[] = []
  let requests: string[] = []
  let made = 0
  const wanted = Number(values.visits)
  const quiet = values.quiet === undefined ? undefined : Number(values.quiet)
  const others = quiet === undefined ? undefined : new Others()
  let finish = (_: string | undefined) => {}
  const finished = new Promise<string | undefined>((resolve) => {
    finish = resolve
  })
  const ranges = !values['no-ranges']
  const hear = (found: unknown) => {
    const visit = found as Visit
    if (visit.error !== undefined) finish(visit.error)
    const isQuiet = others === undefined || others.share() < quiet!
    requests = host.takeRequests()
    if (++made > WARM_UP && isQuiet) visits.push(visit)
    if (visits.length === wanted || made > 100 * wanted) finish(undefined)
  }
  const host: Host = await startHost({ root, pages: { '/': page }, isolated, ranges }, hear)
  const launched = launch(findBrowser(values.browser), `${host.origin}/`, [])
  const failure = await Promise.race([finished, launched.ended])
  await launched.kill()
  host.close()
  if (failure !== undefined || visits.length === 0) throw new Error(failure ?? 'no quiet visit')
  return { visits, made: made - WARM_UP, requests }
}

function report(kind: string, visits: readonly Visit[], requests: readonly string[]): void {
  const last = visits.at(-1)!
  console.log(`\n${kind}: ${last.backend}; ${last.threads}; answer: ${last.label}`)
  for (const name of Object.keys(last.at)) {
    const times = visits.map(({ at }) => at[name]!)
    console.log(`  ${name.padEnd(22)} ${ms(median(times))} p50 ${ms(quantile(times, 0.95))} p95`)
  }
  const tasks = visits.map(({ longTasks }) => longTasks)
  const longest = tasks.map((durations) => Math.max(0, ...durations))
  console.log(
    `  long tasks (over 50 ms): ${median(tasks.map(({ length }) => length))} a visit; longest ${ms(median(longest))} p50 ${ms(Math.max(...longest))} most`,
  )
  const sent = last.resources.filter(({ bytes }) => bytes > 0)
  const loaded = `0 for each of ${last.resources.length} resources`
  const transferred = sent.length === 0 ? loaded : counted(sent.map(({ name }) => name))
  console.log(`  transferSize: ${transferred}`)
  console.log(`  asked of the server: ${counted(requests)}`)
  if (!values.resources) return
  for (const { name, start, end, bytes } of last.resources) {
    console.log(`  ${name.padEnd(44)} ${ms(start)} to ${ms(end)} ${bytes} B`)
  }
}

function ms(time: number): string {
  return `${time.toFixed(0).padStart(5)} ms`
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!
}

/** Each name once, with how often it occurs. */
function counted(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => (count > 1 ? `${name} (${count}x)` : name)).join(', ')
}
