import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { drawHeatMap } from '../../../src/cli/view/heat-map.ts'
import { RECIPES } from '../../../src/image/preprocess/recipes.ts'

/** Red minus blue of a pixel: in a grey image, only the heat map makes it differ from 0. */
const warmth = (picture: { width: number; data: Uint8Array }, x: number, y: number) => {
  const at = 3 * (y * picture.width + x)
  return picture.data[at]! - picture.data[at + 2]!
}

const grey = (width: number, height: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(128),
})

test('heat is drawn on its patch', () => {
  const values = new Float32Array(16)
  values[1 * 4 + 2] = 1
  const map = { values, grid: [4, 4] as const, title: '' }
  const picture = drawHeatMap(grey(80, 40), map, RECIPES.official, [32, 32], [8, 8])
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

test('the part that a recipe crops away is dark; heat is drawn on the rest', () => {
  const values = Float32Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? 1 : 0))
  const map = { values, grid: [4, 4] as const, title: '' }
  // The middle square of a wide picture: columns 20 to 60.
  const picture = drawHeatMap(grey(80, 40), map, RECIPES['timm-full'], [32, 32], [8, 8])
  const light = (x: number) => picture.data[3 * (20 * 80 + x) + 1]!
  for (const x of [0, 19, 60, 79]) assert.ok(light(x) < 50 && warmth(picture, x, 20) === 0)
  assert.ok(warmth(picture, 22, 20) > 40)
  assert.is(warmth(picture, 55, 20), 0)
  assert.ok(light(55) > 70)
})

test('large images are shrunk; uniform maps stay cold', () => {
  const map = { values: new Float32Array(16).fill(0.1), grid: [4, 4] as const, title: '' }
  const picture = drawHeatMap(grey(3200, 100), map, RECIPES.official, [32, 32], [8, 8])
  assert.equal([picture.width, picture.height], [1600, 50])
  assert.is(warmth(picture, 800, 25), 0)
})

test.run()
