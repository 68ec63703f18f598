import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { floatsToHalves, halvesToFloats } from '../../../src/checkpoint/read/half.ts'
import { UnsupportedError } from '../../../src/errors.ts'

const halves = Uint16Array.from({ length: 65536 }, (_, i) => i)
const floats = new Float32Array(65536)
halvesToFloats(halves, floats)

/** The definition, in f64. */
function definition(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 0x3ff
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

test('every half is converted exactly', () => {
  for (let i = 0; i < 65536; i++) assert.ok(Object.is(floats[i], definition(i)), `half ${i}`)
})

test('every half comes back', () => {
  const back = floatsToHalves(floats, 'x')
  for (let i = 0; i < 65536; i++) {
    if (Number.isNaN(floats[i]!)) assert.is(back[i]! & 0x7fff, 0x7e00)
    else assert.is(back[i], i)
  }
})

test('between two halves the nearer one is taken, in the middle the even one', () => {
  for (let i = 0; i < 0x7bff; i++) {
    const [low, high] = [definition(i), definition(i + 1)]
    const middle = (low + high) / 2
    const step = (high - low) / 64
    const rounded = floatsToHalves(
      Float32Array.of(middle, middle - step, middle + step, -middle),
      'x',
    )
    const even = i % 2 === 0 ? i : i + 1
    assert.equal([...rounded], [even, i, i + 1, even | 0x8000])
  }
})

test('what would overflow is refused, tiny values become zero', () => {
  assert.is(floatsToHalves(Float32Array.of(65519.99), 'x')[0], 0x7bff)
  for (const value of [65520, -70000, 3e38]) {
    assert.throws(
      () => floatsToHalves(Float32Array.of(value), 'head.weight'),
      (error: Error) => error instanceof UnsupportedError && /head\.weight/.test(error.message),
    )
  }
  assert.equal(
    [...floatsToHalves(Float32Array.of(2 ** -26, -1e-45, 2 ** -25), 'x')],
    [0, 0x8000, 0],
  )
})

test.run()
