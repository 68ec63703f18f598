import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { RunBoard } from '../../../../src/cli/train/page/board.ts'
import { readRun } from '../../../../src/cli/train/page/history.ts'
import { FormatError } from '../../../../src/index.ts'
import { Tally } from '../../../../src/train/evaluation/tally.ts'
import type { TrainEvent } from '../../../../src/train/events.ts'
import { rejects } from '../../../checkpoint/collect.ts'
import { temporaryFolder } from '../../run.ts'

const folder = temporaryFolder()
const { signal } = new AbortController()

const start: TrainEvent = {
  type: 'start',
  dataset: 'photos',
  labels: ['ant', 'bee'],
  pictures: { train: 30, validation: 4, test: 4 },
  batch: 8,
  totalSteps: 4,
  evalEvery: 2,
  done: 0,
}

const tally = new Tally({ classes: 2 })
tally.add({ name: 'a.png', label: 0 }, Float32Array.of(1, 2))
tally.add({ name: 'b.png', label: 1 }, Float32Array.of(1, 2))
const thumbnail = { width: 8, height: 8, data: new Uint8Array(192) }
const result = tally.result()
const mistakes = result.mistakes.map((mistake) => ({ ...mistake, thumbnail }))
const evaluation = { ...result, mistakes }

/** A folder with a log, as a run leaves it. */
function logged(name: string, lines: readonly object[]): string {
  const path = join(folder, name)
  mkdirSync(path)
  writeFileSync(
    join(path, 'train.jsonl'),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  )
  return path
}

const step = (step: number, loss: number | string = 1) => ({
  step,
  loss,
  learningRate: 0.1,
  imagesPerSecond: 9,
  norm: 1,
})

const score = { accuracy: 0.5, loss: 1, pictures: 2 }

function open(path: string, isResumed = false) {
  return RunBoard.open({ folder: path, model: 'Ti_16', title: 'photos', isResumed, signal })
}

test('a run’s folder has what its page showed', async () => {
  const path = logged('whole', [step(1), step(2), { step: 2, validation: score }, step(3), step(4)])
  const board = await open(path)
  await board.take(start, undefined)
  const model = (async function* () {})()
  await board.take({ type: 'evaluation', step: 2, evaluation, isBest: true, model }, undefined)
  const report = await board.finish(evaluation, 4)
  await board.close()
  assert.is(report, join(path, 'report.html'))
  assert.match(readFileSync(report, 'utf8'), /<title>photos · vitrine<\/title>/)
  const record = (await readRun(path))!
  assert.is(record.state.phase, 'finished')
  assert.equal([record.steps.length, record.labels], [4, ['ant', 'bee']])
  assert.equal(record.scores, [{ step: 2, ...score }])
  assert.equal(Object.keys(record.evaluations).sort(), ['test', 'validation'])
  assert.match(record.evaluations.test!.mistakes[0]!.thumbnail!, /^data:image\/png;base64,/)
})

test('a run that goes on shows what was before its state, and makes the rest again', async () => {
  const path = logged('resumed', [step(1), step(2), { step: 2, validation: score }, step(3, 'NaN')])
  const before = await open(path)
  await before.take(start, undefined)
  await before.close()
  assert.is((await readRun(path))!.state.phase, 'stopped')
  const board = await open(path, true)
  await board.take({ ...start, done: 1 }, undefined)
  const url = await board.serve(undefined)
  const events = await fetch(`${url}events`)
  const reader = events.body!.getReader()
  const { value } = await reader.read()
  const record = JSON.parse(/data: (.*)/.exec(new TextDecoder().decode(value))![1]!)
  assert.equal(
    record.steps.map(({ step }: { step: number }) => step),
    [1],
  )
  assert.equal(record.scores, [])
  await board.close('enough')
  const rest: string[] = []
  for (;;) {
    const { value, done } = await reader.read()
    if (done) break
    rest.push(new TextDecoder().decode(value))
  }
  assert.match(rest.join(''), /"how":"stopped","reason":"enough"/)
})

test('what is no run has no record; what is damaged is refused by name', async () => {
  assert.is(await readRun(join(folder, 'nowhere')), undefined)
  const path = logged('damaged', [step(1)])
  assert.is((await readRun(path))!.steps.length, 1, 'a log without run.json')
  writeFileSync(join(path, 'run.json'), '{"run": 3}')
  await rejects(readRun(path), FormatError, /run\.json is damaged/)
})

test.run()
