import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Tally } from '../../../src/train/evaluation/tally.ts'
import { random } from '../../random.ts'

/** Logits and labels at random, and how they are tallied. */
function made(pictures: number, classes: number, options: object = {}) {
  const next = random(7)
  const tally = new Tally({ classes, ...options })
  const all = Array.from({ length: pictures }, (_, i) => {
    const label = Math.floor(next() * classes)
    const logits = Float32Array.from({ length: classes }, () => 8 * next() - 4)
    tally.add({ name: `picture ${i}`, label }, logits)
    return { name: `picture ${i}`, label, logits }
  })
  return { all, result: tally.result() }
}

/** The definitions, one after another. */
function scored({ label, logits }: { label: number; logits: Float32Array }) {
  const powers = Array.from(logits, (logit) => Math.exp(logit))
  const sum = powers.reduce((total, power) => total + power, 0)
  const order = powers.map((_, i) => i).sort((a, b) => powers[b]! - powers[a]!)
  return { order, predicted: order[0]!, loss: -Math.log(powers[label]! / sum), powers, sum }
}

test('an evaluation is what its definitions say', () => {
  const { all, result } = made(400, 7)
  const scores = all.map((one) => ({ ...one, ...scored(one) }))
  const share = (is: (one: (typeof scores)[number]) => boolean) =>
    scores.filter(is).length / scores.length
  assert.is(result.pictures, 400)
  assert.is(
    result.accuracy,
    share(({ label, predicted }) => label === predicted),
  )
  assert.is(
    result.top5,
    share(({ label, order }) => order.slice(0, 5).includes(label)),
  )
  const loss = scores.reduce((sum, one) => sum + one.loss, 0) / 400
  assert.ok(Math.abs(result.loss - loss) < 1e-12, `${result.loss} ${loss}`)
  assert.is(result.accuracyAmongAll, undefined)
  for (let label = 0; label < 7; label++) {
    const own = scores.filter((one) => one.label === label)
    const taken = scores.filter((one) => one.predicted === label)
    const right = own.filter(({ predicted }) => predicted === label).length
    assert.equal(result.classes[label], {
      pictures: own.length,
      recall: right / own.length,
      precision: right / taken.length,
    })
    for (let column = 0; column < 7; column++) {
      const count = own.filter(({ predicted }) => predicted === column).length
      assert.is(result.confusion[label]![column], count)
    }
  }
})

test('sums of the confusion matrix are the pictures, and its diagonal the right ones', () => {
  const { result } = made(333, 6)
  const rows = result.confusion.map((row) => row.reduce((sum, one) => sum + one, 0))
  assert.equal(
    rows,
    result.classes.map(({ pictures }) => pictures),
  )
  assert.is(
    rows.reduce((sum, one) => sum + one, 0),
    333,
  )
  const diagonal = result.confusion.reduce((sum, row, i) => sum + row[i]!, 0)
  assert.is(diagonal / 333, result.accuracy)
  const wrong = result.confused.reduce((sum, { count }) => sum + count, 0)
  assert.is(diagonal + wrong, 333)
  const counts = result.confused.map(({ count }) => count)
  assert.equal(
    counts,
    [...counts].sort((a, b) => b - a),
  )
})

test('the most wrong pictures are those of the highest loss, and no more than asked for', () => {
  const { all, result } = made(300, 4, { mistakes: 11 })
  const wrong = all
    .map((one) => ({ ...one, ...scored(one) }))
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.loss - a.loss)
  assert.equal(
    result.mistakes.map(({ name }) => name),
    wrong.slice(0, 11).map(({ name }) => name),
  )
  for (const [i, mistake] of result.mistakes.entries()) {
    const { loss, powers, predicted, sum } = wrong[i]!
    assert.ok(Math.abs(mistake.loss - loss) < 1e-9)
    assert.ok(Math.abs(mistake.probability - powers[predicted]! / sum) < 1e-9)
    assert.is(mistake.thumbnail, undefined)
  }
  assert.equal(made(50, 4, { mistakes: 0 }).result.mistakes, [])
})

test('five classes or fewer have no first five; without pictures there are no shares', () => {
  assert.is(made(10, 5).result.top5, undefined)
  const { accuracy, loss, classes, pictures } = new Tally({ classes: 6 }).result()
  assert.equal([pictures, accuracy, loss], [0, Number.NaN, Number.NaN])
  assert.equal(classes[3], { pictures: 0, recall: Number.NaN, precision: Number.NaN })
})

test('of equal logits the first counts, for the class and for the first five', () => {
  const tally = new Tally({ classes: 6 })
  const logits = new Float32Array(6)
  for (const label of [0, 4, 5]) tally.add({ name: 'same', label }, logits)
  const { accuracy, top5 } = tally.result()
  assert.equal([accuracy, top5], [1 / 3, 2 / 3])
})

test('a loss is finite, however sure and wrong the model is', () => {
  const tally = new Tally({ classes: 2 })
  tally.add({ name: 'sure', label: 1 }, Float32Array.of(3e38, -3e38))
  const { loss, mistakes } = tally.result()
  assert.ok(Number.isFinite(loss) && loss > 5e38, `${loss}`)
  assert.is(mistakes[0]!.probability, 1)
})

test('some of a model’s classes are compared among themselves, and among all', () => {
  const tally = new Tally({ classes: 2, places: [3, 1] })
  tally.add({ name: 'right among two', label: 0 }, Float32Array.of(9, 1, 0, 2))
  tally.add({ name: 'right among all', label: 1 }, Float32Array.of(0, 5, 0, 2))
  const { accuracy, accuracyAmongAll, confusion } = tally.result()
  assert.equal([accuracy, accuracyAmongAll], [1, 0.5])
  assert.equal(confusion, [
    [1, 0],
    [0, 1],
  ])
})

test('so many classes that a matrix of them fills the memory have pairs, and no matrix', () => {
  const { result } = made(40, 20_000)
  assert.equal(result.confusion, [])
  assert.is(result.classes.length, 20_000)
  assert.ok(result.confused.length > 30)
})

test.run()
