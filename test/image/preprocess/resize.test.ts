import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { resizePillow } from '../../../src/image/preprocess/pillow-resize.ts'
import { PILLOW_FILTERS, type PillowFilter } from '../../../src/image/preprocess/recipes.ts'
import { resizeTensorFlow } from '../../../src/image/preprocess/tensorflow-resize.ts'
import { noise, seeded } from '../make.ts'

/** `noise(width, height)` resized by Pillow 13.0.0: from, to, filter, start of the bytes' SHA-256. */
const PILLOW: readonly [number, number, number, number, PillowFilter, string][] = [
  [7, 5, 3, 2, 'bilinear', '493a6e135a85b3be'],
  [7, 5, 3, 2, 'bicubic', '2041e829ec7382c4'],
  [7, 5, 3, 2, 'lanczos', '3599f9804ab7ddd0'],
  [3, 2, 8, 9, 'box', '6e2b16cf244a284e'],
  [3, 2, 8, 9, 'bilinear', '19b0f8a281101719'],
  [3, 2, 8, 9, 'bicubic', '89dd353c66802ab2'],
  [3, 2, 8, 9, 'lanczos', '652a49256f53b2c0'],
  [16, 16, 16, 16, 'box', '34c1f62f09cbc18a'],
  [16, 16, 16, 16, 'bilinear', '34c1f62f09cbc18a'],
  [16, 16, 16, 16, 'bicubic', '34c1f62f09cbc18a'],
  [16, 16, 16, 16, 'lanczos', '34c1f62f09cbc18a'],
  [31, 17, 5, 40, 'box', '3f444ec89ca37e11'],
  [31, 17, 5, 40, 'bilinear', '50c23b20b11649d6'],
  [31, 17, 5, 40, 'bicubic', '0f51390a60aa682a'],
  [31, 17, 5, 40, 'lanczos', '4645d83dc90b1598'],
  [1, 1, 4, 3, 'box', 'f6a810438b8f67e2'],
  [1, 1, 4, 3, 'bilinear', 'f6a810438b8f67e2'],
  [1, 1, 4, 3, 'bicubic', 'f6a810438b8f67e2'],
  [1, 1, 4, 3, 'lanczos', 'f6a810438b8f67e2'],
  [40, 2, 3, 6, 'box', '72a61b993abb4133'],
  [40, 2, 3, 6, 'bilinear', '855b6a18d3b7ab5f'],
  [40, 2, 3, 6, 'bicubic', '79504bc67da5a85d'],
  [40, 2, 3, 6, 'lanczos', '2346dc97c489ffe8'],
  [2, 60, 2, 7, 'box', '93407cd88f5b1925'],
  [2, 60, 2, 7, 'bilinear', '18e2ef6f4802f5cc'],
  [2, 60, 2, 7, 'bicubic', 'b900b68da08ae5ae'],
  [2, 60, 2, 7, 'lanczos', '29c6a5913018aae0'],
  [20, 61, 17, 9, 'box', '12838ec9a7165769'],
  [20, 61, 17, 9, 'bilinear', '58c9e5813f2e4ad6'],
  [20, 61, 17, 9, 'bicubic', '4d19b71fb1eaba48'],
  [20, 61, 17, 9, 'lanczos', 'b6a5486b3a654656'],
  [50, 61, 17, 9, 'box', 'dcabeac906cd4a9d'],
  [50, 61, 17, 9, 'bilinear', '28871937cc3bac34'],
  [50, 61, 17, 9, 'bicubic', 'e315f974c735d205'],
  [50, 61, 17, 9, 'lanczos', '88f6045bbeac72d6'],
  [7, 5, 3, 2, 'nearest', 'fe496d59bab17c0d'],
  [7, 5, 3, 2, 'hamming', '9279658711e03890'],
  [3, 2, 8, 9, 'nearest', '6e2b16cf244a284e'],
  [3, 2, 8, 9, 'hamming', 'edd784dd2b6a7245'],
  [16, 16, 16, 16, 'nearest', '34c1f62f09cbc18a'],
  [16, 16, 16, 16, 'hamming', '34c1f62f09cbc18a'],
  [31, 17, 5, 40, 'nearest', 'd4132acb69be0ba5'],
  [31, 17, 5, 40, 'hamming', '2f48e30351ef9ffb'],
  [1, 1, 4, 3, 'nearest', 'f6a810438b8f67e2'],
  [1, 1, 4, 3, 'hamming', 'f6a810438b8f67e2'],
  [40, 2, 3, 6, 'nearest', '9f99fa57e07bb1f9'],
  [40, 2, 3, 6, 'hamming', '17ed1b2425d0cb02'],
  [2, 60, 2, 7, 'nearest', 'f684e2546bf9f8ff'],
  [2, 60, 2, 7, 'hamming', 'ddc139b42b09450d'],
  [20, 61, 17, 9, 'nearest', '3bcd9f4ab6bf1d73'],
  [20, 61, 17, 9, 'hamming', '9e4dff1b417281c9'],
  [50, 61, 17, 9, 'nearest', '45923fc96a141721'],
  [50, 61, 17, 9, 'hamming', '2537761a1d1b73f6'],
  [997, 13, 331, 101, 'nearest', '21d43a7314eb130f'],
  [997, 13, 331, 101, 'hamming', '4fdf5a20f490b81a'],
  [997, 13, 331, 101, 'lanczos', '768b51b2e025ff4a'],
  [333, 7, 100, 7, 'nearest', '0756811b9e413620'],
  [333, 7, 100, 7, 'hamming', '148947098fd4f08a'],
  [333, 7, 100, 7, 'lanczos', 'b3cda614346065da'],
]

test('Pillow resizing gives the bytes of Pillow', () => {
  for (const [width, height, outWidth, outHeight, filter, sha256] of PILLOW) {
    const { data } = resizePillow(noise(width, height), [outHeight, outWidth], filter)
    const found = createHash('sha256').update(data).digest('hex').slice(0, 16)
    assert.is(found, sha256, `${filter} ${width} x ${height} to ${outWidth} x ${outHeight}`)
  }
})

test('a window is the same part of the whole, in both resizers', () => {
  const random = seeded(1)
  const side = (top: number) => 1 + Math.floor(random() * top)
  for (let i = 0; i < 60; i++) {
    const image = noise(side(40), side(40))
    const size = [side(40), side(40)] as const
    const [top, left] = [side(size[0]) - 1, side(size[1]) - 1]
    const window = { top, left, height: side(size[0] - top), width: side(size[1] - left) }
    const filter = PILLOW_FILTERS[i % PILLOW_FILTERS.length]!
    const cut = <T extends Uint8Array | Float32Array>(whole: T) =>
      [...whole].filter((_, at) => {
        const [y, x] = [Math.floor(at / 3 / size[1]), Math.floor(at / 3) % size[1]]
        return y >= top && y < top + window.height && x >= left && x < left + window.width
      })
    const pillow = cut(resizePillow(image, size, filter).data)
    assert.equal([...resizePillow(image, size, filter, window).data], pillow)
    const tensorFlow = cut(resizeTensorFlow(image, size))
    assert.equal([...resizeTensorFlow(image, size, window)], tensorFlow)
  }
})

test('a window of a picture blown up beyond any memory costs what the window costs', () => {
  const window = { top: 5e8, left: 7e8, height: 4, width: 4 }
  const { data } = resizePillow(noise(9, 9), [1e9, 1e9], 'bicubic', window)
  assert.is(data.length, 48)
  assert.is(resizeTensorFlow(noise(9, 9), [1e9, 1e9], window).length, 48)
})

test('resizing to the same size changes nothing, and one colour stays that colour', () => {
  const image = noise(13, 8)
  const flat = { width: 5, height: 70, data: new Uint8Array(5 * 70 * 3).fill(201) }
  for (const filter of PILLOW_FILTERS) {
    assert.equal(resizePillow(image, [8, 13], filter).data, image.data)
    assert.ok(resizePillow(flat, [9, 11], filter).data.every((value) => value === 201))
  }
  assert.equal([...resizeTensorFlow(image, [8, 13])], [...image.data])
  assert.ok(resizeTensorFlow(flat, [9, 11]).every((value) => value === 201))
})

test('TensorFlow resizing is bilinear with half-pixel centres and no antialias', () => {
  const [width, height, outWidth, outHeight] = [11, 6, 7, 19]
  const { data } = noise(width, height)
  const clamp = (value: number, top: number) => Math.min(Math.max(value, 0), top)
  const pixel = (y: number, x: number, c: number) =>
    data[3 * (clamp(y, height - 1) * width + clamp(x, width - 1)) + c]!
  const found = resizeTensorFlow({ width, height, data }, [outHeight, outWidth])
  for (let i = 0; i < found.length; i++) {
    const [row, column, c] = [Math.floor(i / 3 / outWidth), Math.floor(i / 3) % outWidth, i % 3]
    const y = ((row + 0.5) * height) / outHeight - 0.5
    const x = ((column + 0.5) * width) / outWidth - 0.5
    const [y0, x0] = [Math.floor(y), Math.floor(x)]
    const [fy, fx] = [y - y0, x - x0]
    const top = pixel(y0, x0, c) * (1 - fx) + pixel(y0, x0 + 1, c) * fx
    const bottom = pixel(y0 + 1, x0, c) * (1 - fx) + pixel(y0 + 1, x0 + 1, c) * fx
    assert.ok(Math.abs(found[i]! - (top * (1 - fy) + bottom * fy)) < 1e-4)
  }
})

test.run()
