import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { editDistance, nearestNames } from '../src/nearest.ts'

test('the nearest name comes first; case and punctuation count for little', () => {
  const known = ['threads', 'topK', 'imageSize', 'dtype', 'B_16', 'S_16', 'L_16', 'B_32']
  const nearest = (name: string) => nearestNames(name, known, 1)[0]
  assert.equal(
    ['thread', 'topk', 'image_size', 'dtyp', 'dytpe', 'B16', 'b/16', 'B-32'].map(nearest),
    ['threads', 'topK', 'imageSize', 'dtype', 'dtype', 'B_16', 'B_16', 'B_32'],
  )
  // A name with the same letters leaves no room for others.
  assert.equal(nearestNames('B16', known), ['B_16'])
  assert.equal(nearestNames('B_61', known), ['B_16'])
  assert.equal(nearestNames('C_16', known), ['B_16', 'S_16', 'L_16'])
})

test('what is far from all of them has no nearest name', () => {
  for (const name of ['', '_', 'x', 'weights', 'T'.repeat(1e6)]) {
    assert.equal(nearestNames(name, ['topK', 'signal', 'K']), [], name.slice(0, 20))
  }
})

test('the distance counts changes, and stops at its bound', () => {
  const cases: [string, string, number][] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['kitten', 'sitting', 3],
    ['signal', 'singal', 1],
    ['ca', 'abc', 3],
  ]
  for (const [a, b, distance] of cases) {
    assert.is(editDistance(a, b, 10), distance)
    assert.is(editDistance(b, a, 10), distance)
    for (let bound = 0; bound < distance; bound++) assert.ok(editDistance(a, b, bound) > bound)
  }
})

test.run()
