import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { applyRule } from '../../../src/train/recipe/apply-rule.ts'
import { adamw, sgd, stateNames } from '../../../src/train/recipe/optimizer.ts'
import { isDecayed, updateAdamW } from '../../../src/train/recipe/optimizers/adamw.ts'
import { updateAverage, warmedUpDecay } from '../../../src/train/recipe/optimizers/average.ts'
import { fromBfloat16, toBfloat16 } from '../../../src/train/recipe/optimizers/bfloat16.ts'
import { clipByGlobalNorm, globalNorm } from '../../../src/train/recipe/optimizers/clip.ts'
import { updateSGD } from '../../../src/train/recipe/optimizers/sgd.ts'

import { gaussian } from '../../random.ts'

const f32 = (...values: number[]) => Float32Array.from(values)

test('bfloat16 rounds to the nearest, ties to even, and keeps NaN and infinity', () => {
  const rounded = (value: number) => fromBfloat16(toBfloat16(value))
  assert.is(rounded(0.9), 0.8984375)
  assert.is(rounded(1 + 2 ** -8), 1)
  assert.is(rounded(1 + 3 * 2 ** -8), 1 + 2 ** -6)
  assert.is(rounded(1 + 2 ** -8 + 2 ** -20), 1 + 2 ** -7)
  assert.is(rounded(-0), -0)
  assert.is(rounded(3.4e38), Number.POSITIVE_INFINITY)
  assert.is(rounded(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY)
  assert.ok(Number.isNaN(rounded(Number.NaN)))
  for (let half = 0; half < 0x7f80; half += 7) assert.is(toBfloat16(fromBfloat16(half)), half)
})

test('the bfloat16 accumulator has momentum 0.8984375, and the parameter moves by the unrounded sum', () => {
  const parameter = f32(1)
  const trace = new Uint16Array(1)
  const options = { learningRate: 0.5, momentum: 0.9 }
  updateSGD(parameter, f32(1 + 2 ** -9), trace, options)
  assert.is(parameter[0], Math.fround(1 - 0.5 * (1 + 2 ** -9)))
  assert.is(fromBfloat16(trace[0]!), 1)
  updateSGD(parameter, f32(0), trace, options)
  assert.is(fromBfloat16(trace[0]!), 0.8984375)
})

test('a float32 accumulator has the true momentum and fused products', () => {
  const parameter = f32(0.1)
  const trace = f32(1)
  updateSGD(parameter, f32(0.3), trace, { learningRate: 0.7, momentum: 0.9 })
  const [g, kept, rate] = [0.3, 0.9, 0.7].map(Math.fround) as [number, number, number]
  const step = Math.fround(g + kept)
  assert.is(trace[0], step)
  assert.is(parameter[0], Math.fround(Math.fround(0.1) - rate * step))
})

test('weight decay adds to the gradient, and without a trace there is no momentum', () => {
  const parameter = Float64Array.of(2)
  updateSGD(parameter, Float64Array.of(1), undefined, {
    learningRate: 0.1,
    momentum: 0.9,
    weightDecay: 0.5,
  })
  assert.ok(Math.abs(parameter[0]! - 1.8) < 1e-15)
})

test('the first AdamW update moves by the rate against the sign of the gradient, and shrinks', () => {
  const parameter = Float64Array.of(1, -1, 2)
  const moments = { first: new Float64Array(3), second: new Float64Array(3) }
  updateAdamW(parameter, Float64Array.of(5, -0.001, 0), moments, {
    learningRate: 0.01,
    step: 1,
    weightDecay: 0.1,
  })
  const expected = [1 - 0.01 - 0.001, -1 + 0.01 + 0.001, 2 - 0.002]
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(parameter[i]! - value) < 1e-6)
})

test('two AdamW updates by hand, in float64', () => {
  const parameter = Float64Array.of(1)
  const moments = { first: new Float64Array(1), second: new Float64Array(1) }
  for (const [step, gradient] of [
    [1, 2],
    [2, -1],
  ] as const) {
    const options = { learningRate: 0.1, step, weightDecay: 0, beta1: 0.5, beta2: 0.75, epsilon: 0 }
    updateAdamW(parameter, Float64Array.of(gradient), moments, options)
  }
  // m: 1, 0; v: 1, 1: the second step is 0.
  assert.ok(Math.abs(moments.first[0]!) < 1e-15)
  assert.ok(Math.abs(moments.second[0]! - 1) < 1e-15)
  assert.ok(Math.abs(parameter[0]! - 0.9) < 1e-15)
})

test('in float32 both optimisers follow their float64 forms', () => {
  const start = gaussian(1, 50)
  for (const update of ['adamw', 'sgd'] as const) {
    const states = [Float32Array, Float64Array].map((Values) => {
      const parameter = Values.from(start)
      const zeros = () => new Values(50)
      const moments = { first: zeros(), second: zeros() }
      for (let step = 1; step <= 30; step++) {
        const gradient = Values.from(gaussian(step + 1, 50))
        const options = { learningRate: 0.01, step, momentum: 0.9, weightDecay: 0.1 }
        if (update === 'adamw') updateAdamW(parameter, gradient, moments, options)
        else updateSGD(parameter, gradient, moments.first, options)
      }
      return parameter
    })
    states[0]!.forEach((value, i) => {
      assert.ok(Math.abs(value - states[1]![i]!) < 2e-6)
      assert.ok(Math.abs(value - start[i]!) > 1e-4)
    })
  }
})

test('weight decay applies to kernels and leaves all else alone', () => {
  for (const kernel of ['head.kernel', 'blocks.0.query.lora_a.kernel', 'root.kernel.raw'])
    assert.ok(isDecayed(kernel), kernel)
  for (const other of ['head.bias', 'norm.scale', 'position', 'prefix'])
    assert.not.ok(isDecayed(other), other)
  const gradient = f32(0, 0)
  for (const { rule, decay } of [
    sgd({ momentum: 0.9, accumulator: 'float32', weightDecay: 0.5 }),
    adamw({ weightDecay: 0.5 }),
  ]) {
    const [kernel, bias] = ['head.kernel', 'head.bias'].map((name) => {
      const parameter = f32(1, -2)
      const state = stateNames(rule, name).map(() => f32(0, 0))
      const update = { learningRate: 0.5, step: 1, weightDecay: decay(name) }
      applyRule(rule, parameter, gradient, state, update)
      return parameter
    })
    assert.equal(kernel, f32(0.75, -1.5))
    assert.equal(bias, f32(1, -2))
  }
})

test('clipping leaves smaller gradients alone and scales others to the norm', () => {
  const small = [f32(0.3), f32(0, 0.4)]
  assert.ok(Math.abs(clipByGlobalNorm(small, 1) - 0.5) < 1e-7)
  assert.equal(small, [f32(0.3), f32(0, 0.4)])
  const large = [Float64Array.of(3), Float64Array.of(0, 4)]
  assert.is(clipByGlobalNorm(large, 2), 5)
  assert.ok(Math.abs(globalNorm(large) - 2) < 1e-15)
  const zero = [f32(0, 0)]
  assert.is(clipByGlobalNorm(zero, 1), 0)
  assert.equal(zero, [f32(0, 0)])
})

test('the norm of many values does not lose the small ones', () => {
  // In float32, adding 1 to 2^24 changes nothing.
  const values = new Float32Array(1 + 2 ** 16).fill(1)
  values[0] = 2 ** 12
  assert.is(globalNorm([values]), Math.fround(Math.sqrt(2 ** 24 + 2 ** 16)))
})

test('a moving average follows, and forgets its start soon while it warms up', () => {
  const average = Float64Array.of(0)
  updateAverage(average, Float64Array.of(1), 0.75)
  assert.is(average[0], 0.25)
  assert.is(warmedUpDecay(0.9, 0), 0.1)
  assert.is(warmedUpDecay(0.9, 1e6), 0.9)
})

test.run()
