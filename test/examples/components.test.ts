import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { principalComponents } from '../../examples/playground/src/engine/components.ts'
import { gaussian } from '../random.ts'

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)

/** Vectors that vary along some orthogonal directions, by so much, around a mean that is not zero. */
function spread(vectors: number, directions: Float32Array[], deviations: number[]): Float32Array {
  const length = directions[0]!.length
  const values = new Float32Array(vectors * length).fill(3)
  directions.forEach((direction, k) => {
    gaussian(k + 5, vectors, deviations[k]).forEach((amount, i) => {
      for (let j = 0; j < length; j++) values[i * length + j]! += amount * direction[j]!
    })
  })
  return values
}

test('the components are the directions in which vectors vary, the largest first', () => {
  for (const length of [40, 300]) {
    const axis = (at: number) => Float32Array.from({ length }, (_, i) => Number(i === at))
    const values = spread(200, [axis(7), axis(3), axis(20)], [1, 10, 4])
    const { components, explained } = principalComponents(values, 200, 3)
    assert.is(components.length, 3 * length)
    const [first, second, third] = [0, 1, 2].map((i) =>
      components.subarray(i * length, (i + 1) * length),
    )
    // 200 samples of each are not quite uncorrelated.
    assert.ok(Math.abs(first![3]!) > 0.99 && Math.abs(second![20]!) > 0.99)
    assert.ok(Math.abs(third![7]!) > 0.99)
    assert.ok(explained[0]! > 0.8 && explained[1]! > 0.1 && explained[2]! < 0.02)
    assert.ok(Math.abs(explained.reduce((a, b) => a + b, 0) - 1) < 1e-9)
  }
})

test('they are orthonormal, and eigenvectors of the covariance', () => {
  const [vectors, length, most] = [150, 90, 12]
  // Each direction varies less than the one before, as those of filters do.
  const values = gaussian(1, vectors * length).map((x, i) => x * 0.95 ** (i % length))
  const { components, explained } = principalComponents(values, vectors, most)
  const component = (i: number) => components.subarray(i * length, (i + 1) * length)
  const means = Float32Array.from({ length }, (_, j) => {
    let sum = 0
    for (let i = 0; i < vectors; i++) sum += values[i * length + j]! / vectors
    return sum
  })
  const rows = Array.from({ length: vectors }, (_, i) =>
    means.map((mean, j) => values[i * length + j]! - mean),
  )
  const total = rows.reduce((sum, row) => sum + dot(row, row), 0)
  for (let a = 0; a < most; a++) {
    for (let b = 0; b <= a; b++) {
      assert.ok(Math.abs(dot(component(a), component(b)) - Number(a === b)) < 1e-5)
    }
    const product = new Float32Array(length)
    for (const row of rows) {
      const amount = dot(row, component(a))
      for (let j = 0; j < length; j++) product[j]! += amount * row[j]!
    }
    const value = explained[a]! * total
    const rest = product.map((x, j) => x - value * component(a)[j]!)
    assert.ok(Math.sqrt(dot(rest, rest)) < 1e-3 * value, `component ${a}`)
    assert.ok(a === 0 || explained[a]! <= explained[a - 1]!)
  }
})

test('there are no more components than vectors and dimensions allow, and none of equal vectors', () => {
  const few = principalComponents(gaussian(2, 5 * 9), 5, 28)
  assert.ok(few.explained.length <= 5)
  assert.ok(Math.abs(few.explained.reduce((a, b) => a + b, 0) - 1) < 1e-9)
  const none = principalComponents(new Float32Array(6 * 4).fill(2), 6, 28)
  assert.is(none.components.length, 0)
})

test.run()
