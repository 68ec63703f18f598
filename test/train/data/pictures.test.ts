import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { MemoryError, SourceError } from '../../../src/errors.ts'
import type { RGBImage } from '../../../src/image/image.ts'
import { toRGB } from '../../../src/image/input.ts'
import type { Sample, Split } from '../../../src/train/data/dataset.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { CacheRoom, Pictures } from '../../../src/train/data/pictures.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { noisePNG } from './made.ts'

/** A split that counts what is read. */
function splitOf(images: readonly (Sample['image'] | Error)[]) {
  const reads: number[] = []
  const split: Split = {
    size: images.length,
    name: (index) => `p${index}`,
    label: (index) => index % 2,
    async read(index) {
      reads.push(index)
      const image = images[index]!
      if (image instanceof Error) throw image
      return { name: `p${index}`, label: index % 2, image }
    },
  }
  return { split, reads }
}

const png = await noisePNG(1, 40, 20)
const other = await noisePNG(2, 40, 20)
const bytes = 40 * 20 * 3

test('a decoded picture is kept, up to a bound, and none makes room for another', async () => {
  const { split, reads } = splitOf([png, other, png])
  const pictures = new Pictures(split, { room: new CacheRoom(2 * bytes + 1) })
  for (let epoch = 0; epoch < 3; epoch++) {
    for (const index of [0, 1, 2]) {
      const picture = await pictures.read(index)
      assert.equal([picture!.name, picture!.label], [`p${index}`, index % 2])
      assert.equal(picture!.image, await toRGB(index === 1 ? other : png))
    }
  }
  assert.equal(reads, [0, 1, 2, 2, 2])
  assert.is(pictures.cachedBytes, 2 * bytes)
})

test('splits that share a room keep no more than it has together', async () => {
  const room = new CacheRoom(3 * bytes)
  const splits = [splitOf([png, other]), splitOf([png, other])]
  const both = splits.map(({ split }) => new Pictures(split, { room }))
  for (const pictures of both) for (const index of [0, 1]) await pictures.read(index)
  assert.equal(
    both.map(({ cachedBytes }) => cachedBytes),
    [2 * bytes, bytes],
  )
  assert.is(room.left, 0)
})

test('without a cache nothing is kept', async () => {
  const { split, reads } = splitOf([png])
  const pictures = new Pictures(split)
  await pictures.read(0)
  await pictures.read(0)
  assert.equal([reads.length, pictures.cachedBytes], [2, 0])
})

test('pictures that are read at once are counted once', async () => {
  const { split } = splitOf([png])
  const pictures = new Pictures(split, { room: new CacheRoom() })
  await Promise.all([pictures.read(0), pictures.read(0), pictures.read(0)])
  assert.is(pictures.cachedBytes, bytes)
})

test('pixels that come as such are not kept twice', async () => {
  const image: RGBImage = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }
  const { split } = splitOf([image])
  const pictures = new Pictures(split, { room: new CacheRoom() })
  assert.is((await pictures.read(0))!.image, image)
  assert.is(pictures.cachedBytes, 0)
})

test('pictures that are damaged, of other formats, too large or gone are counted and named, once', async () => {
  const { split, reads } = splitOf([
    png.subarray(0, 60),
    new TextEncoder().encode('GIF89a'),
    new SourceError('gone'),
    png,
  ])
  const pictures = new Pictures(split, { maxPixels: 800, room: new CacheRoom() })
  for (let epoch = 0; epoch < 2; epoch++) {
    for (const index of [0, 1, 2]) assert.is(await pictures.read(index), undefined)
    assert.ok(await pictures.read(3))
  }
  assert.equal(
    pictures.unusable.map(({ name }) => name),
    ['p0', 'p1', 'p2'],
  )
  for (const { reason } of pictures.unusable) assert.ok(reason.length > 3)
  assert.equal(reads, [0, 1, 2, 3])
  const limited = new Pictures(split, { maxPixels: 799 })
  assert.is(await limited.read(3), undefined)
  assert.match(limited.unusable[0]!.reason, /800 pixels, the limit is 799/)
})

test('strict, a damaged picture is an error that names it', async () => {
  const { split } = splitOf([png.subarray(0, 60)])
  await rejects(new Pictures(split, { strict: true }).read(0), DatasetError, /^p0 can't be used: /)
})

test('what is no fault of a picture is thrown', async () => {
  const failures = [
    new MemoryError('none left'),
    new DatasetError('vanished'),
    new TypeError('a bug'),
  ]
  for (const failure of failures) {
    const pictures = new Pictures(splitOf([failure]).split)
    try {
      await pictures.read(0)
      assert.unreachable()
    } catch (error) {
      assert.is(error, failure)
    }
    assert.equal(pictures.unusable, [])
  }
})

test('a call that is aborted leaves nothing out', async () => {
  const pictures = new Pictures(splitOf([png]).split)
  const controller = new AbortController()
  controller.abort(new Error('enough'))
  try {
    await pictures.read(0, controller.signal)
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'enough')
  }
  assert.equal(pictures.unusable, [])
  assert.ok(await pictures.read(0))
})

test.run()
