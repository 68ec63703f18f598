/**
 * What a page waits for: the time from navigation to the embedded model's answer, from a warm HTTP cache,
 * in pages with and without the headers that allow threads. Needs a build (`npm run build`). Each visit is a
 * navigation in a browser that has made the same before; the first ones, which fill the caches, do not count.
 *
 *     node --import tsx bench/scripts/page-start.ts [--dtype int8] [--visits 15] [--browser chromium]
 *       [--pages plain,isolated] [--options '{"threads":1}'] [--resources] [--no-ranges]
 */
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findBrowser } from '../browser/find.ts'
import { launch } from '../browser/launch.ts'
import { median } from '../report/statistics.ts'
import { type Host, startHost } from './page-start/host.ts'
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
  },
})

/** Visits that fill the caches: of files, and of the engine's compiled scripts. */
const WARM_UP = 3

/** Between visits, so that one does not pay for the end of the one before, in milliseconds. */
const PAUSE = 700

const root = fileURLToPath(new URL('../../', import.meta.url))
const options = { dtype: values.dtype, ...JSON.parse(values.options) }
const page = visitPage(options, PAUSE)

console.log(
  `${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} processors; ${values.browser}`,
)
for (const kind of values.pages.split(',')) {
  const { visits, requests } = await visit(kind === 'isolated')
  report(kind, visits, requests)
}

async function visit(isolated: boolean) {
  const visits: Visit[] = []
  const requests: string[][] = []
  const wanted = WARM_UP + Number(values.visits)
  let finish = () => {}
  const finished = new Promise<'all'>((resolve) => {
    finish = () => resolve('all')
  })
  const host: Host = await startHost(
    { root, pages: { '/': page }, isolated, ranges: !values['no-ranges'] },
    (found) => {
      visits.push(found as Visit)
      requests.push(host.takeRequests())
      if (visits.length === wanted || (found as Visit).error !== undefined) finish()
    },
  )
  const launched = launch(findBrowser(values.browser), `${host.origin}/`, [])
  const why = await Promise.race([finished, launched.ended])
  await launched.kill()
  host.close()
  const { error } = visits.at(-1) ?? {}
  if (why !== 'all' || error) throw new Error(error ?? why)
  return { visits: visits.slice(WARM_UP), requests: requests.slice(WARM_UP) }
}

function report(kind: string, visits: readonly Visit[], requests: readonly string[][]): void {
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
  console.log(`  asked of the server: ${counted(requests.at(-1)!)}`)
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
