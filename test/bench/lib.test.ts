import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { agreement, relativeRms } from '../../bench/lib/agreement.ts'
import { jobProgram } from '../../bench/lib/job.ts'
import { randomPixels, randomWeights } from '../../bench/lib/random-vit.ts'
import { median, ratio, spread } from '../../bench/lib/statistics.ts'

test('an engine that computes something else is found, whichever comes first', () => {
  const outputs = new Map([
    ['odd', [1, 2, 4]],
    ['a', [1, 2, 3]],
    ['b', [1, 2, 3.00001]],
  ])
  const found = agreement(outputs, 1e-4)!
  assert.is.not(found.reference, 'odd')
  assert.ok(found.difference.get('odd')! > 0.1)
  assert.ok(found.difference.get('a')! <= 1e-4)
  assert.ok(found.difference.get('b')! <= 1e-4)
})

test('what is not a number, or not there, agrees with nothing', () => {
  assert.is(relativeRms([Number.NaN], [1]), Number.POSITIVE_INFINITY)
  assert.is(relativeRms([0], [0]), Number.POSITIVE_INFINITY)
  assert.is(relativeRms([1, 2], [1]), Number.POSITIVE_INFINITY)
  assert.is(agreement(new Map([['broken', [Number.NaN]]]), 1e-4), undefined)
})

test('the ratio is taken within each round, so that a slow round changes nothing', () => {
  const a = [
    [2, 2, 2],
    [20, 20, 20],
    [2, 2, 2],
  ]
  const b = [
    [1, 1, 1],
    [10, 10, 10],
    [1, 1, 1],
  ]
  assert.is(ratio(a, b), 2)
  assert.is(median([3, 1, 2, 4]), 2.5)
  assert.is(spread([[1, 1, 9], [2, 2, 2], [3]]), 1)
})

test('random weights are the same each time, differ by name, and have the deviation asked for', () => {
  const program = jobProgram('ViT-Ti_16', 'full')
  const weights = randomWeights(program.weights)
  const again = randomWeights(program.weights)
  for (const { name, shape } of program.weights) {
    assert.is(weights.get(name)!.length, shape[0] * shape[1])
    assert.is(weights.get(name)![0], again.get(name)![0])
  }
  const query = weights.get('blocks.0.query.kernel')!
  assert.is.not(query[0], weights.get('blocks.1.query.kernel')![0])
  const deviation = Math.sqrt(query.reduce((sum, x) => sum + x * x, 0) / query.length)
  assert.ok(Math.abs(deviation * Math.sqrt(192) - 1) < 0.02)
  assert.ok(randomPixels([224, 224]).every((x) => Math.abs(x) <= 1.0001))
})

test.run()
