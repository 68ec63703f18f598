import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { apply } from '../../../../src/cli/train/page/messages.ts'
import { evaluated, messagesOfRun, recordOf } from './made.ts'

test('a record is the same on both sides of JSON', async () => {
  const messages = await messagesOfRun()
  const there = recordOf(JSON.parse(JSON.stringify(messages)))
  assert.is(JSON.stringify(there), JSON.stringify(recordOf(messages)))
  assert.is(there.steps.length, 40)
})

test('a run that goes on makes again what it had made after its state', async () => {
  const record = recordOf(await messagesOfRun(40))
  assert.equal([record.steps.length, record.scores.length], [40, 2])
  apply(record, { type: 'run', run: { ...record.run!, done: 25 } })
  assert.equal([record.steps.length, record.scores.length], [25, 1])
  apply(record, { type: 'step', step: 26, loss: 9, learningRate: 0, imagesPerSecond: 1 })
  assert.equal([record.steps.length, record.steps.at(-1)!.loss], [26, 9])
})

test('a log in which updates come twice keeps the later ones', async () => {
  const record = recordOf(await messagesOfRun(40))
  apply(record, { type: 'step', step: 11, loss: 9, learningRate: 0, imagesPerSecond: 1 })
  assert.equal(
    record.steps.map(({ step }) => step),
    Array.from({ length: 11 }, (_, i) => i + 1),
  )
  assert.equal(record.scores, [])
})

test('what is known of classes adds up', async () => {
  const { classes, confused, pictures, mistakes } = await evaluated(6, 60)
  const sum = (list: readonly number[]) => list.reduce((total, one) => total + one, 0)
  const right = sum(classes.map(([, one]) => one))
  assert.is(sum(classes.map(([all]) => all)), pictures)
  assert.is(sum(classes.map(([, , taken]) => taken)), pictures)
  assert.is(right + sum(confused.map(([, , count]) => count)), pictures)
  assert.ok(mistakes.every(({ thumbnail }) => thumbnail!.startsWith('data:image/png;base64,iVBOR')))
})

test.run()
