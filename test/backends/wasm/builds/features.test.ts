import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builds } from '../../../../src/backends/wasm/builds/builds.ts'
import { engineFeatures, requireFeatures } from '../../../../src/backends/wasm/builds/features.ts'
import { chooseWide } from '../../../../src/backends/wasm/v8/wide.ts'
import { UnsupportedError } from '../../../../src/errors.ts'
import { random } from '../../../random.ts'
import { dotModule } from './dot-module.ts'

// How an engine computes the dot product depends on its version and on the processor, so nothing is
// expected of either: what is said of the engine is held against what it computes here.
const { relaxed, dot } = await engineFeatures()

const next = random(1)
const bytesBelow = (from: number, to: number) =>
  Array.from({ length: 16 }, () => from + Math.floor(next() * (to - from)))

/** Sums of four products, each two of which are added by `pair` before. */
const sums = (a: number[], b: number[], pair: (sum: number) => number = (sum) => sum) =>
  [0, 4, 8, 12].map((i) => {
    const product = (k: number) => a[i + k]! * b[i + k]!
    return pair(product(0) + product(1)) + pair(product(2) + product(3))
  })

if (relaxed) {
  const compute = dotModule()

  test('a dot product that is not called wrong is right for factors of 8 and 7 bits', () => {
    let same = true
    for (let i = 0; i < 200; i++) {
      const [a, b] = [bytesBelow(-128, 128), bytesBelow(0, 128)]
      same &&= String(compute(a, b)) === String(sums(a, b))
    }
    assert.is(same, dot !== 'wrong')
  })

  test('it is called emulated where sums of two products are cut off at 16 bits', () => {
    // Factors of 8 bits, for which the specification leaves the answer open.
    const [a, b] = [bytesBelow(100, 128), bytesBelow(200, 256)]
    const found = String(compute(a, b))
    const cut = String(sums(a, b, (sum) => Math.min(sum, 32767)))
    const signed = b.map((byte) => byte - 256)
    const whole = [String(sums(a, b)), String(sums(a, signed))]
    if (dot === 'emulated') assert.is(found, cut)
    if (dot === 'native') assert.ok(whole.includes(found), found)
    assert.is.not(dot, 'missing')
  })
} else {
  console.log('skipping the dot product: this engine has no relaxed SIMD')
  test.skip('the dot product', () => {})
  test('without relaxed SIMD the dot product is missing', () => assert.is(dot, 'missing'))
}

test('int8 takes the kernels with the dot product where the processor has it, and no others do', async () => {
  for (const dtype of ['f32', 'int16', 'int8'] as const) {
    const { build } = await chooseWide(false, { dtype, shared: false })
    assert.is(build.name.startsWith('dot'), dtype === 'int8' && dot === 'native')
  }
})

test('builds that the engine does not run are refused', async () => {
  for (const build of builds) {
    const runs = !build.relaxed || (relaxed && !(dot === 'wrong' && build.name.startsWith('dot')))
    const refused = await requireFeatures(build).then(
      () => undefined,
      (error: Error) => error,
    )
    assert.is(refused instanceof UnsupportedError, !runs)
  }
})

test.run()
