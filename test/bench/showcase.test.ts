import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { curve } from '../../bench/showcase/curve.ts'
import { type Log, readLog } from '../../bench/showcase/log.ts'
import { recipe } from '../../bench/showcase/recipe.ts'
import { furthest, withResults } from '../../bench/showcase/results.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

/** A log whose losses fall from 2 by halves, with one update that was made twice. */
function made(count: number, { end = true, off = 0 } = {}): Log {
  const line = (step: number) =>
    JSON.stringify({ step, loss: 2 ** (1 - step / 10) + off, imagesPerSecond: 64 })
  const lines = Array.from({ length: count }, (_, i) => line(i + 1))
  lines.splice(2, 0, JSON.stringify({ step: 2, loss: 9, imagesPerSecond: 1 }), line(2))
  lines.push(JSON.stringify({ step: count, validation: { accuracy: 0.91 } }))
  if (end) lines.push(JSON.stringify({ step: count, test: { accuracy: 0.9234 } }))
  return readLog(`${lines.join('\n')}\n`)
}

test('a log has each update once, the later one', () => {
  const { steps, validation, test } = made(5)
  assert.equal(
    steps.map(({ step }) => step),
    [1, 2, 3, 4, 5],
  )
  assert.is(steps[1]!.loss, 2 ** 0.8)
  assert.equal(validation, [{ step: 5, accuracy: 0.91 }])
  assert.is(test, 0.9234)
})

test('a curve has a point for each 20 updates', () => {
  const drawing = curve({ vitrine: made(100), PyTorch: made(100) })
  const lines = [...drawing.matchAll(/points="([^"]+)"/g)].map(([, points]) => points!.split(' '))
  assert.equal(
    lines.map(({ length }) => length),
    [5, 5],
  )
  const heights = lines[0]!.map((point) => Number(point.split(',')[1]))
  assert.equal(
    heights,
    [...heights].sort((a, b) => a - b),
  )
})

test('a page gets the results of runs that have ended', () => {
  const page = 'before\n<!-- showcase -->\nold\n<!-- /showcase -->\nafter\n'
  const runs = { vitrine: made(100), PyTorch: made(100, { off: 1e-4 }) }
  const written = withResults(page, runs, 100)
  assert.ok(/^before\n/.test(written) && /\nafter\n$/.test(written) && !/old/.test(written))
  assert.match(written, /\| vitrine \| 92\.34 % \| 91\.00 % \| [\d.]+ \| 64 \|/)
  assert.is(withResults(written, runs, 100), written)
  assert.ok(Math.abs(furthest(runs.vitrine, runs.PyTorch, 10) - 1e-4) < 1e-12)
  const unfinished = { ...runs, PyTorch: made(100, { end: false }) }
  assert.throws(() => withResults(page, unfinished, 100), /PyTorch has not ended/)
  assert.throws(() => withResults('no place', runs, 100), /no place/)
})

for (const page of ['docs/cifar10.md', 'bench/showcase/README.md']) {
  test(`the command of ${page} is the recipe`, () => {
    const command = /^vitrine (train --dataset cifar10[\s\S]*?)\n(?!.*^ )/m.exec(
      read(page).replace(/\\\n\s*/g, ''),
    )![1]!
    const flag = { type: 'string' } as const
    const { values } = parseArgs({
      args: command.split(/\s+/).slice(1),
      options: {
        ...{ dataset: flag, workdir: flag, image_size: flag, augment: flag, total_steps: flag },
        ...{ warmup_steps: flag, base_lr: flag, batch: flag, optim_dtype: flag, select: flag },
      },
    })
    assert.equal(
      {
        imageSize: Number(values.image_size),
        augment: values.augment,
        totalSteps: Number(values.total_steps),
        warmupSteps: Number(values.warmup_steps),
        baseLr: Number(values.base_lr),
        batch: Number(values.batch),
        optimDtype: values.optim_dtype,
        select: values.select,
      },
      {
        imageSize: recipe.imageSize,
        augment: recipe.augment,
        totalSteps: recipe.totalSteps,
        warmupSteps: recipe.warmupSteps,
        baseLr: recipe.baseLr,
        batch: recipe.batch,
        optimDtype: recipe.optimDtype,
        select: recipe.select,
      },
    )
  })
}

const logs = ['vitrine', 'pytorch'].map((name) => `bench/showcase/results/${name}.jsonl`)
const haveLogs = logs.every((log) => existsSync(new URL(log, root)))
;(haveLogs ? test : test.skip)('the page shows what the logs say', () => {
  const [vitrine, PyTorch] = logs.map((log) => readLog(read(log)))
  const runs = { vitrine: vitrine!, PyTorch: PyTorch! }
  const page = read('docs/cifar10.md')
  assert.is(withResults(page, runs, recipe.totalSteps), page)
  assert.is(curve(runs), read('docs/figures/cifar10.svg'))
  assert.ok(Math.abs(vitrine!.test! - PyTorch!.test!) <= 0.003)
})

test.run()
