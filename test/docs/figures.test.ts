import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseReport } from '../../bench/report/changes.ts'
import { timesOf } from '../../bench/report/markdown.ts'

// Figures that pages write in their own tables are those of bench/results.
const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** The cells of the row that begins with a text. */
function row(page: string, start: string): string[] {
  const line = file(page)
    .split('\n')
    .find((line) => line.startsWith(`| ${start} `))
  assert.ok(line, `${page}: ${start}`)
  return line.split('|').map((cell) => cell.trim())
}

const report = 'node24.json'
/** Median milliseconds by model and engine. */
const medians = new Map(
  parseReport(file(`bench/results/${report}`), report).cases.flatMap(({ bench, outcomes }) =>
    outcomes.flatMap((one) =>
      one.status === 'measured'
        ? [[`${bench.name} ${one.engine}`, timesOf(one, 'wall').median] as const]
        : [],
    ),
  ),
)

test('docs/runtimes: the time of each model in int8', () => {
  for (const model of ['ViT-Ti/16', 'ViT-S/16', 'ViT-B/16']) {
    const median = medians.get(`${model.replace('/', '_')} wasm:int8`)!
    const [, , , , , time] = row('docs/runtimes/README.md', model)
    assert.is(time, `${Number(median.toPrecision(3))} ms`)
  }
})

test('docs/porting: ONNX Runtime Web', () => {
  const ratio = (model: string) =>
    (medians.get(`${model} ort-web`)! / medians.get(`${model} wasm`)!).toFixed(1)
  const page = file('docs/porting/onnxruntime-web.md').replace(/\s+/g, ' ')
  const wanted = `${ratio('ViT-B_16')} times as long for B/16 and ${ratio('ViT-Ti_16')} times for Ti/16`
  assert.ok(page.includes(wanted), wanted)
})

/** Milliseconds of each kind of step, by the arguments of bench/scripts/profile.ts. */
const profiles = new Map(
  file('bench/results/profile-node24.txt')
    .split(/^\$ .*profile\.ts (.*)$/m)
    .slice(1)
    .flatMap((text, i, all) => (i % 2 === 0 ? [[text, stepsOf(all[i + 1]!)] as const] : [])),
)

function stepsOf(text: string): Map<string, number> {
  const lines = text.matchAll(/^ +([\d.]+) ms +[\d.]+ % +(\S.*)$/gm)
  const steps = new Map([...lines].map(([, time, step]) => [step!, Number(time)]))
  return steps.set('in all', Number(/([\d.]+) ms in all/.exec(text)![1]))
}

const kinds: readonly [row: string, step: RegExp][] = [
  ['fc1, with GELU', /Gemm fc1$/],
  ['fc2, with its residual', /Gemm fc2$/],
  ['queries, keys, values', /Gemm (query|key_value)$/],
  ['projection, with its residual', /Gemm proj$/],
  ['attention', /^Attention /],
  ['patches, in f32', /Gemm patch$/],
  ['packing and layer norms', /Pack |^Norm /],
  ['whole forward', /^in all$/],
]

test('docs/kernels: where the time of a forward goes', () => {
  const columns = ['ViT-B_16', 'ViT-B_16 --dtype int8', 'ViT-Ti_16', 'ViT-Ti_16 --dtype int8']
  for (const [name, step] of kinds) {
    const sums = columns.map((column) =>
      [...profiles.get(column)!]
        .filter(([label]) => step.test(label))
        .reduce((sum, [, time]) => sum + time, 0)
        .toFixed(1),
    )
    assert.equal(row('docs/kernels/README.md', name).slice(2, 6), sums, name)
  }
})

test('docs/kernels: whole forwards with 256 bits and without', () => {
  const [wide, narrow] = ['ViT-B_16', 'ViT-B_16 --no-wide'].map((name) =>
    Math.round(profiles.get(name)!.get('in all')!),
  )
  const page = file('docs/kernels/256-bits.md').replace(/\s+/g, ' ')
  assert.ok(page.includes(`takes ${wide} ms with 256 bits and ${narrow} without`))
})

test.run()
