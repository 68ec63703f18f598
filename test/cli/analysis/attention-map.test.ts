import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { chooseMap } from '../../../src/cli/analysis/attention-map.ts'
import { ArgumentError } from '../../../src/errors.ts'

/** One layer, two heads, a class token and two patches. */
const maps = {
  layers: Float32Array.of(
    ...[0.2, 0.5, 0.3, 0, 0.6, 0.4, 0, 0.2, 0.8],
    ...[0.4, 0.1, 0.5, 0.2, 0.4, 0.4, 0, 1, 0],
  ),
  prefixTokens: 1,
  shape: [1, 2, 3, 3] as const,
  rollout: Float32Array.of(0.7, 0.3),
  grid: [1, 2] as const,
}

const near = (found: Float32Array, expected: number[]) => {
  assert.is(found.length, expected.length)
  const close = found.every((value, i) => Math.abs(value - expected[i]!) < 1e-6)
  assert.ok(close, `${found} is not ${expected}`)
}

test('a map is the rollout, one head, or the mean of all heads', () => {
  near(chooseMap(maps, {}).values, [0.7, 0.3])
  near(chooseMap(maps, { head: 1 }).values, [0.1, 0.5])
  near(chooseMap(maps, { layer: -1, head: -2 }).values, [0.5, 0.3])
  near(chooseMap(maps, { layer: 0 }).values, [0.3, 0.4])
  assert.throws(
    () => chooseMap(maps, { head: 2 }),
    (error: unknown) => error instanceof ArgumentError,
  )
})

test('without a class token, a map is the mean over all patches', () => {
  const patches = {
    ...maps,
    layers: Float32Array.of(0.9, 0.1, 0.5, 0.5),
    prefixTokens: 0,
    shape: [1, 1, 2, 2] as const,
  }
  near(chooseMap(patches, { layer: 0 }).values, [0.7, 0.3])
})

test.run()
