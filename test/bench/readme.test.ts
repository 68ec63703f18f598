import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseReport } from '../../bench/report/changes.ts'
import { type Clock, timesOf } from '../../bench/report/markdown.ts'
import { pages, withTables } from '../../bench/report/pages.ts'

const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const result = (name: string) => file(`bench/results/${name}`)

test('the tables of the README and of docs/ are those of the reports (npm run bench:readme)', () => {
  let tables = 0
  for (const page of pages()) {
    const text = readFileSync(page, 'utf8')
    tables += text.split('<!-- bench ').length - 1
    assert.is(text, withTables(text, result), page.pathname)
  }
  assert.ok(tables >= 2)
  assert.match(file('README.md'), '<!-- bench ')
})

/** Median milliseconds of a model by its engine and type: `ort-node:int8`. */
type Medians = ReadonlyMap<string, number>

function mediansOf(report: string, clock: Clock): Medians[] {
  return parseReport(result(report), report).cases.map(({ outcomes }) => {
    const measured = outcomes.flatMap((one) => (one.status === 'measured' ? [one] : []))
    return new Map(measured.map((one) => [one.engine, timesOf(one, clock).median]))
  })
}

/** How many times as fast one is as another, over the models: `1.4 to 1.9`. */
function times(models: readonly Medians[], slow: string, fast: string, digits = 1): string {
  const ratios = models.map((medians) => medians.get(slow)! / medians.get(fast)!)
  assert.ok(ratios.length >= 2 && ratios.every((ratio) => ratio > 0))
  return [Math.min(...ratios), Math.max(...ratios)].map((x) => x.toFixed(digits)).join(' to ')
}

/** An item of a list of the README, on one line. */
function item(start: string): string {
  const text = file('README.md')
  const from = text.indexOf(`- **${start}`)
  assert.ok(from >= 0, start)
  return text
    .slice(from)
    .split(/\n(?=-|\n)/)[0]!
    .replace(/\s+/g, ' ')
}

const zen4 = mediansOf('node24.json', 'wall')

test('what the README says of other WebAssembly runtimes is what was measured', () => {
  const all = ['tfjs-wasm', 'ort-web', 'litert'].map((name) =>
    times(zen4, name, 'wasm').split(' to '),
  )
  const numbers = all.flat().map(Number)
  const range = [Math.min(...numbers), Math.max(...numbers)].map((x) => x.toFixed(1)).join(' to ')
  const text = file('README.md').replace(/\s+/g, ' ')
  assert.match(text, `${range} times as fast as the other WebAssembly runtimes`)
})

for (const [processor, models] of [
  ['AMD Zen 4', zen4],
  ['AMD Zen 5', mediansOf('zen5-node24.json', 'cpu')],
  ['Intel with AVX-512', mediansOf('xeon-node24.json', 'wall')],
] as const) {
  test(`what the README says of native code on ${processor} is what was measured`, () => {
    const text = item(processor)
    assert.match(text, `${times(models, 'ort-node', 'wasm:int8')} times as fast as native f32`)
    assert.match(
      text,
      `${times(models, 'ort-node:int8', 'wasm:int8')} times as fast as native int8`,
    )
    const f32 =
      processor === 'AMD Zen 4'
        ? `(${times(models, 'wasm', 'ort-node', 2)} of its time)`
        : `native f32 is ${times(models, 'wasm', 'ort-node')} times as fast as our f32`
    assert.match(text, f32)
  })
}

test.run()
