import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { chooseMap } from '../../../src/cli/analysis/attention-map.ts'
import { drawHeatMap } from '../../../src/cli/view/heat-map.ts'
import { ArgumentError } from '../../../src/errors.ts'
import { decodeImage } from '../../../src/image/decode.ts'
import { RECIPES } from '../../../src/image/preprocess/recipes.ts'
import { load } from '../../../src/load.ts'
import { parseLines, run, temporaryFolder } from '../run.ts'
import { tiny, writeTiny } from '../tiny-model.ts'

const folder = temporaryFolder()
const weights = join(folder, 'tiny.safetensors')
const chelsea = 'examples/chelsea.png'
test.before(() => writeTiny(weights))

test('attention draws a picture of the size of the image, and tells the map', async () => {
  const output = join(folder, 'map.png')
  // The reference gives the same bits in every process.
  const args = ['attention', chelsea, '-o', output, '--weights', weights, '--json']
  args.push('--backend', 'reference')
  const { code, stdout, stderr } = await run(args)
  assert.is(stderr, '')
  assert.is(code, 0)
  const picture = await decodeImage(readFileSync(output))
  assert.equal([picture.width, picture.height], [451, 300])
  const [line] = parseLines(stdout)
  using vit = await load(weights, { backend: 'reference' })
  const { rollout, grid } = await vit.attention(chelsea)
  assert.equal(line.grid, grid)
  assert.equal(line.values, [...rollout])
})

test('-o - writes the picture to the standard output, and nothing else', async () => {
  const args = ['attention', chelsea, '-o', '-', '--weights', weights, '--layer', '-1']
  const { code, bytes } = await run(args)
  assert.is(code, 0)
  assert.is((await decodeImage(new Uint8Array(bytes))).width, 451)
})

test('a layer that the model does not have: exit code 2', async () => {
  const output = join(folder, 'none.png')
  const args = ['attention', chelsea, '-o', output, '--weights', weights, '--layer', '2']
  const { code, stderr } = await run(args)
  assert.is(code, 2)
  assert.match(stderr, /layers 0 to 1 .* no layer 2/)
})

/** One layer, two heads, a class token and two patches. */
const maps = {
  layers: Float32Array.of(
    ...[0.2, 0.5, 0.3, 0, 0.6, 0.4, 0, 0.2, 0.8],
    ...[0.4, 0.1, 0.5, 0.2, 0.4, 0.4, 0, 1, 0],
  ),
  shape: [1, 2, 3, 3] as const,
  rollout: Float32Array.of(0.7, 0.3),
  grid: [1, 2] as const,
}

const near = (found: Float32Array, expected: number[]) => {
  assert.is(found.length, expected.length)
  const close = found.every((value, i) => Math.abs(value - expected[i]!) < 1e-6)
  assert.ok(close, `${found} is not ${expected}`)
}

test('a map is the rollout, a head, or the mean of the heads', () => {
  near(chooseMap(maps, {}, tiny).values, [0.7, 0.3])
  near(chooseMap(maps, { head: 1 }, tiny).values, [0.1, 0.5])
  near(chooseMap(maps, { layer: -1, head: -2 }, tiny).values, [0.5, 0.3])
  near(chooseMap(maps, { layer: 0 }, tiny).values, [0.3, 0.4])
  assert.throws(
    () => chooseMap(maps, { head: 2 }, tiny),
    (error: unknown) => error instanceof ArgumentError,
  )
})

test('without a class token a map is the mean over all patches', () => {
  const patches = {
    ...maps,
    layers: Float32Array.of(0.9, 0.1, 0.5, 0.5),
    shape: [1, 1, 2, 2] as const,
  }
  const config = { ...tiny, classifier: 'gap', classToken: false } as const
  near(chooseMap(patches, { layer: 0 }, config).values, [0.7, 0.3])
})

/** How much redder than blue a pixel is: grey pictures have no warmth but the heat's. */
const warmth = (picture: { width: number; data: Uint8Array }, x: number, y: number) => {
  const at = 3 * (y * picture.width + x)
  return picture.data[at]! - picture.data[at + 2]!
}

const grey = (width: number, height: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(128),
})

test('heat lies on the patch it belongs to', () => {
  const values = new Float32Array(16)
  values[1 * 4 + 2] = 1
  const map = { values, grid: [4, 4] as const, title: '' }
  const picture = drawHeatMap(grey(80, 40), map, RECIPES.official, tiny)
  assert.equal([picture.width, picture.height], [80, 40])
  // The second row of patches, the third column.
  assert.ok(warmth(picture, 50, 15) > 60)
  for (const [x, y] of [
    [5, 5],
    [75, 35],
    [10, 15],
  ] as const) {
    assert.is(warmth(picture, x, y), 0)
  }
})

test('what a recipe crops away is dark, and the heat lies on the rest', () => {
  const values = Float32Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? 1 : 0))
  const map = { values, grid: [4, 4] as const, title: '' }
  // The middle square of a wide picture: columns 20 to 60.
  const picture = drawHeatMap(grey(80, 40), map, RECIPES['timm-full'], tiny)
  const light = (x: number) => picture.data[3 * (20 * 80 + x) + 1]!
  for (const x of [0, 19, 60, 79]) assert.ok(light(x) < 50 && warmth(picture, x, 20) === 0)
  assert.ok(warmth(picture, 22, 20) > 40)
  assert.is(warmth(picture, 55, 20), 0)
  assert.ok(light(55) > 70)
})

test('large pictures are shrunk, flat maps stay cold', () => {
  const map = { values: new Float32Array(16).fill(0.1), grid: [4, 4] as const, title: '' }
  const picture = drawHeatMap(grey(3200, 100), map, RECIPES.official, tiny)
  assert.equal([picture.width, picture.height], [1600, 50])
  assert.is(warmth(picture, 800, 25), 0)
})

test.run()
