import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readLabels } from '../../../src/labels.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { matchClasses } from '../../../src/train/evaluation/match-classes.ts'
import { rejects } from '../../checkpoint/collect.ts'

const names = ['tench, Tinca tinca', 'Great White Shark', 'crane', 'tabby-cat', 'crane']

function match(classes: readonly string[], labels: readonly string[] | undefined = names) {
  const notices: string[] = []
  const onNotice = (notice: string) => void notices.push(notice)
  const matching = { dataset: 'photos', model: 'the model', outputs: 5, labels, onNotice }
  return { notices, places: matchClasses(classes, matching) }
}

test('classes are found by name, or by one of several names', async () => {
  const { places, notices } = match(['tabby cat', 'TENCH', 'great_white-shark', ' Tinca  tinca'])
  await rejects(places, DatasetError, /"TENCH" and " Tinca {2}tinca" of photos are one class/)
  assert.equal(await match(['tabby cat', 'TENCH', 'great_white-shark']).places, [3, 0, 1])
  assert.equal(notices, [])
})

test('numbers are places, which is said', async () => {
  const { places, notices } = match(['0', '3', '4'])
  assert.equal(await places, [0, 3, 4])
  assert.match(notices.join(), /photos are numbers/)
  assert.equal(await matchUnnamed(['0', '2']), [0, 2])
})

const matchUnnamed = (classes: readonly string[]) =>
  matchClasses(classes, {
    dataset: 'photos',
    model: 'the model',
    outputs: 5,
    labels: undefined,
    onNotice() {},
  })

test('numbers that are names are names', async () => {
  const digits = ['4', '3', '2', '1', '0']
  assert.equal(await match(['0', '3'], digits).places, [4, 1])
})

test('what the model does not have, or has twice, is refused by name', async () => {
  await rejects(
    match(['tabby cat', 'great white shork', 'unicorn']).places,
    DatasetError,
    /no class "great white shork", "unicorn" of photos \(the nearest to "great white shork" is "Great White Shark"\)/,
  )
  await rejects(match(['crane', 'tench']).places, DatasetError, /several classes.*numbers 2, 4/)
  await rejects(match(['0', '5']).places, DatasetError, /no class "0", "5"/)
  await rejects(
    matchUnnamed(['cat', 'dog']),
    DatasetError,
    /does not say the names of its 5 classes.*Give the names as labels/,
  )
})

test('ImageNet’s classes are found by their synsets, and no other thousand classes are', async () => {
  const imagenet = await readLabels('imagenet2012')
  const find = (labels: readonly string[]) =>
    matchClasses(['n02124075', imagenet[0]!], {
      dataset: 'photos',
      model: 'the model',
      outputs: 1000,
      labels,
      onNotice() {},
    })
  assert.equal(await find(imagenet), [285, 0])
  const own = imagenet.map((_, i) => (i === 0 ? imagenet[0]! : `thing ${i}`))
  await rejects(find(own), DatasetError, /no class "n02124075"/)
})

test.run()
