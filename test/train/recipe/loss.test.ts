import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { crossEntropy, smoothedLabels } from '../../../src/train/recipe/loss.ts'
import { gaussian } from '../../random.ts'

test('targets are one-hot, or spread over all classes', () => {
  assert.equal(smoothedLabels([1, 0], 2, 0), Float64Array.of(0, 1, 1, 0))
  const [low, high] = [0.02, 0.92]
  for (const [c, value] of smoothedLabels([2], 5, 0.1).entries()) {
    assert.ok(Math.abs(value - (c === 2 ? high : low)) < 1e-15)
  }
})

test('equal logits lose ln(classes), and large ones do not overflow', () => {
  const even = crossEntropy(new Float64Array(10), smoothedLabels([3], 10, 0), 10)
  assert.ok(Math.abs(even.loss - Math.log(10)) < 1e-15)
  const sure = crossEntropy(Float32Array.of(1e4, -1e4), smoothedLabels([1], 2, 0), 2)
  assert.is(sure.loss, 2e4)
  assert.equal(sure.gradient, Float32Array.of(1, -1))
})

test('the gradient is that of central differences', () => {
  const logits = Float64Array.from(gaussian(1, 12))
  const targets = smoothedLabels([0, 3, 2], 4, 0.1)
  const { gradient } = crossEntropy(logits, targets, 4)
  logits.forEach((value, i) => {
    const at = (x: number) => crossEntropy(logits.with(i, x), targets, 4).loss
    const slope = (at(value + 1e-5) - at(value - 1e-5)) / 2e-5
    assert.ok(Math.abs(slope - gradient[i]!) < 1e-9)
  })
})

test.run()
