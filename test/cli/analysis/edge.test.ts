import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { edgeText } from '../../../src/cli/analysis/edge.ts'

type Pair = readonly [number, number]

const text = (imageSize: Pair, size: Pair, grid: Pair) => edgeText({ imageSize }, { size, grid })

test('whole patches leave nothing to say', () => {
  assert.is(text([224, 32], [16, 16], [14, 2]), undefined)
})

test('pixels that no patch covers are ignored, patches beyond the image are padding', () => {
  assert.is(
    text([37, 33], [8, 16], [4, 2]),
    '37 x 33 px is not a multiple of the patch size (8 x 16): the model ignores the last 5 px of the height and the last 1 px of the width',
  )
  assert.match(text([37, 32], [8, 8], [5, 4])!, /: the model pads the height by 3 px$/)
  assert.match(text([20, 20], [8, 8], [3, 3])!, /pads the height by 4 px and the width by 4 px$/)
})

test.run()
