import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ArgumentError } from '../../../src/errors.ts'
import { geometry, roundHalfEven } from '../../../src/image/preprocess/geometry.ts'
import { resizePillow } from '../../../src/image/preprocess/pillow-resize.ts'
import { fitImage, preprocess } from '../../../src/image/preprocess/preprocess.ts'
import { RECIPES, type Recipe, type RecipeName } from '../../../src/image/preprocess/recipes.ts'
import { completeRecipe } from '../../../src/image/preprocess/resolve-recipe.ts'
import { gradient, noise } from '../make.ts'

const NAMES = Object.keys(RECIPES) as RecipeName[]

test('every recipe takes every picture to every size', () => {
  const pictures = [noise(1, 1), noise(2000, 3), noise(3, 2000), noise(37, 50)]
  for (const name of NAMES) {
    for (const picture of pictures) {
      for (const [height, width] of [
        [1, 1],
        [32, 32],
        [48, 17],
        [224, 224],
      ] as const) {
        const pixels = preprocess(picture, name, [height, width])
        assert.is(pixels.length, height * width * 3)
        assert.ok(pixels.every((value) => value >= -3 && value <= 3))
      }
    }
  }
})

test('the official recipe maps 0 to -1 and 255 to 1', () => {
  const data = Uint8Array.from([0, 255, 51])
  const pixels = preprocess({ width: 1, height: 1, data }, 'official', [2, 1])
  const values = [-1, 1, Math.fround((51 - 127.5) / 127.5)]
  assert.equal([...pixels], [...values, ...values])
})

test('normalisation is (x / 255 - mean) / std, whatever the order of roundings', () => {
  const image = gradient(16, 16)
  for (const name of NAMES) {
    const { maxPatches: _, ...row }: Recipe = RECIPES[name]
    const recipe: Recipe = { ...row, fit: 'squash', filter: 'box', cropFraction: 1 }
    preprocess(image, recipe, [16, 16]).forEach((value, i) => {
      const [mean, std] = [recipe.mean[i % 3]!, recipe.std[i % 3]!]
      assert.ok(Math.abs(value - (image.data[i]! / 255 - mean) / std) < 1e-6)
    })
  }
})

test('sizes and crops are those of the libraries', () => {
  const cases: [RecipeName, [number, number], [number, number], number[]][] = [
    // recipe, picture, target: resized height and width, top and left of the crop
    ['official', [300, 451], [224, 224], [224, 224, 0, 0]],
    ['timm', [300, 451], [224, 224], [248, 372, 12, 74]],
    ['timm', [451, 300], [224, 224], [372, 248, 74, 12]],
    ['timm-squash', [300, 451], [224, 224], [248, 248, 12, 12]],
    ['timm-full', [300, 451], [384, 384], [384, 577, 0, 96]],
    ['clip', [300, 451], [224, 224], [224, 336, 0, 56]],
    ['deit', [300, 451], [384, 384], [438, 658, 27, 137]],
    ['torchvision', [300, 451], [224, 224], [256, 384, 16, 80]],
    // A target that is not square: the side that needs more decides, halves round to even.
    ['timm', [100, 100], [224, 112], [248, 248, 12, 68]],
  ]
  for (const [name, picture, target, [height, width, top, left]] of cases) {
    const { resized, window } = geometry(RECIPES[name], picture, target)
    assert.equal(resized, [height, width], name)
    assert.equal(window, { top, left, height: target[0], width: target[1] }, name)
  }
})

test('odd margins: torchvision rounds half to even, transformers down', () => {
  const offsets = (name: RecipeName) =>
    [201, 203, 205].map((width) => geometry(RECIPES[name], [200, width], [200, 200]).window.left)
  assert.equal(offsets('timm-full'), [0, 2, 2])
  assert.equal(offsets('clip'), [0, 1, 2])
  const halves = [0.5, 1.5, 2.5, -0.5, -1.5, 2.4999, 3].map(roundHalfEven)
  assert.equal(
    halves.map((value) => value + 0),
    [0, 2, 2, 0, -2, 2, 3],
  )
})

test('a picture that is too small for its frame lies in the middle of mean grey', () => {
  const red = { width: 40, height: 10, data: new Uint8Array(1200).map((_, i) => (i % 3 ? 0 : 255)) }
  const { data } = fitImage(red, { ...RECIPES['timm-border'], cropFraction: 1 }, [40, 40])
  for (let y = 0; y < 40; y++) {
    const expected = y >= 15 && y < 25 ? [255, 0, 0] : [128, 128, 128]
    assert.equal([...data.subarray(3 * (40 * y + 9), 3 * (40 * y + 10))], expected)
  }
})

test('a recipe of your own, and a fixed side to resize to', () => {
  const image = noise(60, 60)
  const recipe: Recipe = { ...RECIPES.torchvision, resizeTo: 30 }
  const window = { top: 5, left: 5, height: 20, width: 20 }
  const expected = resizePillow(image, [30, 30], 'bilinear', window)
  assert.equal(fitImage(image, recipe, [20, 20]), expected)
})

test('impossible sizes and broken recipes are refused', () => {
  const image = noise(4, 4)
  const refused = (run: () => unknown, message: RegExp) =>
    assert.throws(
      run,
      (error: Error) => error instanceof ArgumentError && message.test(error.message),
    )
  for (const side of [0, -1, 1.5, Number.NaN, 1e6]) {
    refused(
      () => preprocess(image, 'timm', [side, 8]),
      /height of the model input must be .* from 1 to/,
    )
  }
  refused(
    () => preprocess(image, 'resnet' as RecipeName, [8, 8]),
    /one of official, timm.* not "resnet"/,
  )
  refused(() => preprocess(image, 'toString' as RecipeName, [8, 8]), /not "toString"/)
  const broken: [object, RegExp][] = [
    [{ cropFraction: 0 }, /cropFraction must be a number above 0/],
    [{ cropFraction: 1.1 }, /at most 1, or two such numbers, \[vertical, horizontal\], not 1.1/],
    [{ std: [1, 0, 1] }, /std must be three numbers, or one, from 0\.000001 to 1/],
    [{ mean: [1, 2] }, /mean must be three numbers, or one,/],
    [
      { filter: 'gaussian' },
      /filter must be one of tensorflow-bilinear, tensorflow-bilinear-u8, torch-bilinear, nearest, box/,
    ],
    [
      { fit: 'stretch' },
      /fit must be one of squash, shorter, longer, patches, crop, none, not "stretch"/,
    ],
    [{ maxPatches: 4 }, /maxPatches goes with the fit 'patches', not with 'shorter'/],
    [{ fit: 'patches', cropFraction: 1 }, /needs maxPatches/],
    [{ fit: 'patches', maxPatches: 4 }, /crops nothing/],
    [{ maxPatches: 0 }, /maxPatches must be a whole number from 1 to 16384/],
    [{ resizeTo: 0.5 }, /resizeTo must be a whole number/],
    [{ mean: [1e308, 1, 1] }, /mean must be .* from 0 to 1/],
    [{ mean: [123.675, 116.28, 103.53] }, /0\.485, not 123\.675/],
    [{ mean: Array(3) }, /mean must be/],
    [{ std: ['1', '1', '1'] }, /std must be/],
    [{ std: [1e-40, 1, 1] }, /std must be/],
    [{ std: undefined }, /needs std, which is three numbers, or one,/],
    [{ sdt: [1, 1, 1] }, /no option preprocess\.sdt; did you mean preprocess\.std\?/],
  ]
  for (const [change, message] of broken) {
    refused(() => preprocess(image, { ...RECIPES.timm, ...change }, [8, 8]), message)
  }
  const rgba = { width: 4, height: 4, data: new Uint8Array(64) }
  refused(() => preprocess(rgba, 'timm', [8, 8]), /RGBA/)
})

test('recipes without resizing take fitting sizes and refuse others by name', () => {
  const picture = noise(9, 7)
  const none: Recipe = { ...RECIPES.huggingface, fit: 'none' }
  const crop: Recipe = { ...none, fit: 'crop' }
  assert.equal(fitImage(picture, none, [7, 9]).data, picture.data)
  const { data } = fitImage(picture, crop, [4, 6])
  for (let y = 0; y < 4; y++) {
    const row = picture.data.subarray(3 * ((y + 1) * 9 + 1), 3 * ((y + 1) * 9 + 7))
    assert.equal(data.subarray(18 * y, 18 * (y + 1)), row)
  }
  assert.throws(
    () => fitImage(picture, none, [7, 8]),
    isArgument(/9 x 7 pixels.*give one of 8 x 7,/),
  )
  assert.throws(() => fitImage(picture, crop, [8, 8]), isArgument(/give one of 8 x 8 or more/))
})

test('a crop of its own for each axis', () => {
  const recipe: Recipe = { ...RECIPES.huggingface, cropFraction: [0.5, 0.25] }
  assert.equal(geometry(recipe, [99, 99], [32, 48]).resized, [64, 192])
})

test('another factor than 1/255', () => {
  const data = Uint8Array.from([0, 255, 51])
  const recipe: Recipe = { ...RECIPES.huggingface, rescaleFactor: 1 / 127.5, mean: [1, 1, 1] }
  const found = preprocess({ width: 1, height: 1, data }, { ...recipe, std: [1, 1, 1] }, [1, 1])
  assert.equal([...found], [-1, 1, Math.fround(Math.fround(51 / 127.5) - 1)])
})

test('some fields of a recipe, over another one', () => {
  assert.is(completeRecipe(undefined, 'timm'), 'timm')
  assert.is(completeRecipe('clip', 'timm'), 'clip')
  const mean = [0.1, 0.2, 0.3] as const
  assert.equal(completeRecipe({ mean }, 'timm'), { ...RECIPES.timm, mean })
  assert.throws(() => completeRecipe({ cropFraction: 2 }, 'timm'), isArgument(/cropFraction/))
  assert.throws(() => completeRecipe({ rescaleFactor: 1 }, 'timm'), isArgument(/rescaleFactor/))
})

const isArgument = (message: RegExp) => (error: Error) =>
  error instanceof ArgumentError && message.test(error.message)

test.run()
