import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { distortedBox } from '../../../src/image/augment/box.ts'
import { drawsOf } from '../../../src/image/augment/draws.ts'
import { sharedJSON, sharedTest } from '../../shared.ts'
import { chiSquareDeviate, SURPRISING } from './statistics.ts'

/** Gives these words, and fails if more are asked for. */
function wordsOf(words: readonly number[]) {
  let at = 0
  const next32 = () => {
    assert.ok(at < words.length, 'more words were drawn')
    return words[at++]!
  }
  return { next32, left: () => words.length - at }
}

test('a box by hand', () => {
  // Aspect 0.75: heights 8 to 32. 8 x 6 is less than 5 % of 1024, so 9 x 7; then 5 of 23 and 7 of 25.
  const { next32, left } = wordsOf([0, 25 * 1000, 5 + 23 * 1000, 7 + 25 * 1000])
  assert.equal(distortedBox(32, 32, next32), { top: 5, left: 7, height: 9, width: 7 })
  assert.is(left(), 0)
})

test('a picture that no box fits is taken whole, after 100 words', () => {
  const { next32, left } = wordsOf(new Array(100).fill(12345))
  assert.equal(distortedBox(3, 701, next32), { top: 0, left: 0, height: 3, width: 701 })
  assert.is(left(), 0)
})

test('boxes lie inside, have the promised areas and aspects, and touch no lower or right edge', () => {
  for (const [height, width] of [
    [32, 32],
    [375, 500],
    [64, 200],
    [5, 7],
    [1, 1],
  ] as const) {
    for (let i = 0; i < 500; i++) {
      const box = distortedBox(height, width, drawsOf(5, 0, i))
      const share = (box.height * box.width) / (height * width)
      assert.ok(share >= 0.05 - 1e-6 && share <= 1, `${share}`)
      assert.ok(box.height >= 1 && box.width >= 1 && box.top >= 0 && box.left >= 0)
      assert.ok(box.top + box.height < height || box.height === height || box.top === 0)
      assert.ok(box.left + box.width < width || box.width === width || box.left === 0)
      assert.ok(box.top + box.height <= height && box.left + box.width <= width)
      if (height > 10) {
        // Sides are whole numbers.
        assert.ok((box.width + 0.5) / box.height >= 0.75 && (box.width - 0.5) / box.height <= 1.33)
      }
    }
  }
})

type Names = 'area' | 'aspect' | 'y' | 'x' | 'h' | 'w'

interface Golden {
  readonly boxes: {
    readonly sizes: Readonly<
      Record<
        string,
        {
          readonly height: number
          readonly width: number
          readonly expected: Readonly<Record<Names, number[]>> & { readonly whole: number }
        }
      >
    >
    readonly word_by_word: {
      readonly cases: readonly {
        readonly height: number
        readonly width: number
        readonly words: number[][]
        readonly boxes: [number, number, number, number][]
      }[]
    }
  }
}

const golden = () => sharedJSON<Golden>('golden/training-more/golden.json').boxes

sharedTest('boxes of TensorFlow, word by word', () => {
  let boxes = 0
  for (const one of golden().word_by_word.cases) {
    one.words.forEach((words, i) => {
      const { next32, left } = wordsOf(words)
      const box = distortedBox(one.height, one.width, next32)
      assert.equal([box.top, box.left, box.height, box.width], one.boxes[i])
      assert.is(left(), 0)
      boxes++
    })
  }
  assert.ok(boxes > 200)
})

sharedTest('boxes have the distribution of TensorFlow', () => {
  for (const { height, width, expected } of Object.values(golden().sizes)) {
    const counts = Object.fromEntries(
      Object.entries(expected).map(([name, p]) => [name, Array.isArray(p) ? p.map(() => 0) : []]),
    ) as Record<Names, number[]>
    for (let i = 0; i < 20_000; i++) {
      const { top, left, height: h, width: w } = distortedBox(height, width, drawsOf(11, 0, i))
      counts.area[Math.min(19, Math.floor((20 * h * w) / (height * width)))]!++
      counts.aspect[Math.min(31, Math.max(10, Math.floor((20 * w) / h))) - 10]!++
      counts.y[top]!++
      counts.x[left]!++
      counts.h[h]!++
      counts.w[w]!++
    }
    for (const name of ['area', 'aspect', 'y', 'x', 'h', 'w'] as const) {
      const deviate = chiSquareDeviate(counts[name], expected[name])
      assert.ok(deviate < SURPRISING, `${height} x ${width} ${name}: ${deviate}`)
    }
  }
})

test.run()
