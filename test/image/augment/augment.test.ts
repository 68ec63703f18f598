import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { AUGMENTATIONS, augmentImage } from '../../../src/image/augment/augment.ts'
import { cropAndResize, flip, shift, sliceOf } from '../../../src/image/augment/crop.ts'
import { drawsOf } from '../../../src/image/augment/draws.ts'
import type { RGBImage } from '../../../src/image/image.ts'
import { normalize } from '../../../src/image/preprocess/normalize.ts'
import { preprocess } from '../../../src/image/preprocess/preprocess.ts'
import { RECIPES } from '../../../src/image/preprocess/recipes.ts'
import { resizeTensorFlow } from '../../../src/image/preprocess/tensorflow-resize.ts'
import { random } from '../../random.ts'
import { sharedBytes, sharedF32, sharedJSON, sharedTest } from '../../shared.ts'

const recipe = RECIPES.official

function noise(width: number, height: number, seed = 1): RGBImage {
  const next = random(seed)
  const data = Uint8Array.from({ length: width * height * 3 }, () => next() * 256)
  return { width, height, data }
}

test('a slice has the pixels of its box', () => {
  const image = noise(5, 4)
  const slice = sliceOf(image, { top: 1, left: 2, height: 2, width: 3 })
  assert.equal([slice.width, slice.height], [3, 2])
  for (let y = 0; y < 2; y++) {
    for (let i = 0; i < 9; i++) {
      assert.is(slice.data[y * 9 + i], image.data[((1 + y) * 5 + 2) * 3 + i])
    }
  }
})

test('pixels outside a box have no effect on it', () => {
  const image = noise(9, 9)
  const box = { top: 2, left: 3, height: 4, width: 5 }
  const before = cropAndResize(image, box, [16, 16])
  const changed = Uint8Array.from(image.data, (value, i) => {
    const [x, y] = [Math.floor(i / 3) % 9, Math.floor(i / 27)]
    return x >= 3 && x < 8 && y >= 2 && y < 6 ? value : 255 - value
  })
  assert.equal(cropAndResize({ ...image, data: changed }, box, [16, 16]), before)
})

test('a crop is interpolated in float32 between pixel centres, without antialias', () => {
  const image = noise(11, 7)
  const box = { top: 1, left: 2, height: 5, width: 8 }
  const f32 = Math.fround
  for (const side of [3, 5, 8, 19]) {
    const found = cropAndResize(image, box, [side, side])
    const at = (i: number, length: number) => {
      const x = f32(f32((i + 0.5) * f32(length / side)) - 0.5)
      const floor = Math.floor(x)
      return [Math.max(floor, 0), Math.min(Math.ceil(x), length - 1), f32(x - floor)] as const
    }
    const pixel = (y: number, x: number, c: number) => image.data[((1 + y) * 11 + 2 + x) * 3 + c]!
    for (let i = 0; i < found.length; i++) {
      const [y, x, c] = [Math.floor(i / (3 * side)), Math.floor(i / 3) % side, i % 3]
      const [above, below, down] = at(y, 5)
      const [left, right, across] = at(x, 8)
      const row = (y: number) =>
        f32(pixel(y, left, c) + f32((pixel(y, right, c) - pixel(y, left, c)) * across))
      const [top, bottom] = [row(above), row(below)]
      assert.is(found[i], f32(top + f32(f32(bottom - top) * down)))
    }
  }
})

test('flipping mirrors each row, of one channel and of three', () => {
  const three = Float32Array.from({ length: 18 }, (_, i) => i)
  flip(three, [2, 3])
  assert.equal([...three], [6, 7, 8, 3, 4, 5, 0, 1, 2, 15, 16, 17, 12, 13, 14, 9, 10, 11])
  const one = Float32Array.of(1, 2, 3, 4)
  flip(one, [1, 4], 1)
  assert.equal([...one], [4, 3, 2, 1])
})

test('moving fills with black', () => {
  const values = Float32Array.from({ length: 27 }, (_, i) => 1 + i)
  const at = (moved: Float32Array, y: number, x: number) => moved[(y * 3 + x) * 3]
  const downRight = shift(values, [3, 3], 1, 2)
  assert.equal([at(downRight, 0, 2), at(downRight, 1, 2), at(downRight, 1, 1)], [0, 1, 0])
  const upLeft = shift(values, [3, 3], -2, -1)
  assert.equal([at(upLeft, 0, 0), at(upLeft, 0, 2), at(upLeft, 1, 0)], [22, 0, 0])
  assert.equal(shift(values, [3, 3], 0, 0), values)
})

const size = [24, 18] as const

test('each augmentation gives the same for the same draws, and other pictures for others', () => {
  const image = noise(40, 30)
  for (const augment of AUGMENTATIONS) {
    const make = (epoch: number) =>
      augmentImage(image, { augment, flip: true, size, recipe }, drawsOf(1, epoch, 0))
    assert.is(make(0).length, 24 * 18 * 3)
    assert.equal(make(0), make(0))
    const different = new Set([0, 1, 2, 3, 4, 5, 6, 7].map((epoch) => make(epoch).join()))
    // Without a crop there is only the picture and its mirror image.
    assert.ok(augment === 'none' ? different.size === 2 : different.size > 6, augment)
  }
})

test('without a flip, no augmentation is the preprocessing of the model', () => {
  const image = noise(40, 30)
  const plain = augmentImage(image, { augment: 'none', size, recipe }, drawsOf(1, 0, 0))
  assert.equal(plain, preprocess(image, recipe, size))
  const timm = RECIPES.timm
  const other = augmentImage(image, { augment: 'none', size, recipe: timm }, drawsOf(1, 0, 0))
  assert.equal(other, preprocess(image, timm, size))
})

test('crop is a part of the picture at 7/6 of the size', () => {
  const image = noise(20, 20)
  const [height, width] = [12, 18]
  const whole = resizeTensorFlow(image, [14, 21])
  const found = augmentImage(
    image,
    { augment: 'crop', flip: false, size: [height, width], recipe },
    () => 2 ** 32 - 2,
  )
  // The words are 2 of 0 to 2 for the rows, after modulo 3, and 2 of 0 to 3 for the columns.
  const [top, left] = [(2 ** 32 - 2) % 3, (2 ** 32 - 2) % 4]
  const expected = new Float32Array(found.length)
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * 21 + left) * 3
    expected.set(whole.subarray(from, from + width * 3), y * width * 3)
  }
  assert.equal(found, normalize(expected, recipe))
})

test('pad keeps a picture of the right size and moves it by whole pixels', () => {
  const image = noise(32, 32)
  const pixels = Float32Array.from(image.data)
  const seen = new Set<string>()
  for (let epoch = 0; epoch < 60; epoch++) {
    const found = augmentImage(
      image,
      { augment: 'pad', flip: false, size: [32, 32], recipe },
      drawsOf(2, epoch, 0),
    )
    let moved: string | undefined
    for (let down = -4; down <= 4; down++) {
      for (let right = -4; right <= 4; right++) {
        const expected = normalize(shift(pixels, [32, 32], down, right), recipe)
        if (expected.every((value, i) => value === found[i])) moved = `${down} ${right}`
      }
    }
    assert.ok(moved !== undefined, `epoch ${epoch}`)
    seen.add(moved!)
  }
  assert.ok(seen.size > 25)
})

test('grey models get one channel of the same crop', () => {
  const grey = noise(30, 30)
  for (let i = 0; i < grey.data.length; i++) grey.data[i] = grey.data[i - (i % 3)]!
  for (const augment of AUGMENTATIONS) {
    const options = { augment, flip: true, size, recipe } as const
    const three = augmentImage(grey, options, drawsOf(3, 0, 0))
    const one = augmentImage(grey, { ...options, channels: 1 }, drawsOf(3, 0, 0))
    assert.equal(
      one,
      three.filter((_, i) => i % 3 === 0),
      augment,
    )
  }
})

interface Crops {
  readonly pictures: Record<string, { readonly pixels: { file: string; shape: number[] } }>
  readonly boxes: readonly {
    readonly picture: string
    readonly box: { y: number; x: number; h: number; w: number }
    readonly flip: boolean
    readonly outputs: Record<string, { file?: string; sha256?: string }>
  }[]
}

sharedTest('crops of the release, to the bit', () => {
  const { crops } = sharedJSON<{ crops: Crops }>('golden/training-more/golden.json')
  let compared = 0
  for (const { picture, box, flip: flips, outputs } of crops.boxes) {
    const { file, shape } = crops.pictures[picture]!.pixels
    const data = Uint8Array.from(sharedBytes(`golden/training-more/${file}`))
    const image = { height: shape[0]!, width: shape[1]!, data }
    for (const [side, expected] of Object.entries(outputs)) {
      const size = [Number(side), Number(side)] as const
      const region = { top: box.y, left: box.x, height: box.h, width: box.w }
      const values = cropAndResize(image, region, size)
      if (flips) flip(values, size)
      const found = normalize(values, recipe)
      if (expected.file === undefined) {
        const hash = createHash('sha256').update(new Uint8Array(found.buffer)).digest('hex')
        assert.is(hash, expected.sha256, `${picture} ${side}`)
      } else {
        assert.equal(found, sharedF32(`golden/training-more/${expected.file}`))
      }
      compared++
    }
  }
  assert.is(compared, 72)
})

test.run()
