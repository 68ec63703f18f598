import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Orientation } from '../../../src/image/formats/tiff.ts'
import { Preprocessor } from '../../../src/image/preprocess/fit.ts'
import { preprocess, resizerOf } from '../../../src/image/preprocess/preprocess.ts'
import { PILLOW_FILTERS, RECIPES, type Recipe } from '../../../src/image/preprocess/recipes.ts'
import { UprightImage } from '../../../src/image/upright.ts'
import { noise } from '../make.ts'

// A picture that is preprocessed while it is decoded gives what the whole picture, turned upright, gives.
const orientations = [1, 2, 3, 4, 5, 6, 7, 8] as const
/** Much taller than wide, since Pillow then resizes columns first; much wider; enlarged; cut. */
const sides = [
  [20, 61],
  [61, 20],
  [90, 17],
  [17, 90],
  [5, 7],
  [33, 33],
] as const
const fits = ['squash', 'shorter', 'longer'] as const

function upright(width: number, height: number, orientation: Orientation) {
  const image = noise(width, height)
  const turned = new UprightImage(width, height, orientation)
  turned.put(0, image.data)
  return { image, turned: { width: turned.width, height: turned.height, data: turned.data } }
}

/** Rows in bands of 1, 2, 3, … */
function inBands(preprocessor: Preprocessor, data: Uint8Array, width: number): Float32Array {
  const bytes = 3 * width
  for (let y = 0, count = 1; y * bytes < data.length; y += count++) {
    preprocessor.put(y, data.slice(y * bytes, (y + count) * bytes))
  }
  return preprocessor.finish()
}

for (const filter of [...PILLOW_FILTERS, 'tensorflow-bilinear'] as const) {
  test(`${filter}: row by row as from the whole picture, however it is stored`, () => {
    for (const [width, height] of sides) {
      for (const orientation of orientations) {
        for (const fit of fits) {
          const recipe: Recipe = { ...RECIPES.timm, filter, fit, cropFraction: 0.8 }
          const { image, turned } = upright(width, height, orientation)
          const stored = { width, height, orientation }
          const preprocessor = new Preprocessor(stored, recipe, resizerOf(recipe), [12, 9], 3)
          const found = inBands(preprocessor, image.data, width)
          const expected = preprocess(turned, recipe, [12, 9])
          assert.ok(
            Buffer.compare(Buffer.from(found.buffer), Buffer.from(expected.buffer)) === 0,
            `${width} x ${height}, orientation ${orientation}, ${fit}`,
          )
        }
      }
    }
  })
}

test('a grey model and a recipe that resizes nothing', () => {
  const recipe: Recipe = { ...RECIPES.timm, fit: 'crop', mean: [0.5], std: [0.5] }
  for (const orientation of orientations) {
    const { image, turned } = upright(19, 23, orientation)
    const preprocessor = new Preprocessor(
      { ...image, orientation },
      recipe,
      resizerOf(recipe),
      [16, 16],
      1,
    )
    assert.equal(inBands(preprocessor, image.data, 19), preprocess(turned, recipe, [16, 16], 1))
  }
})

test.run()
