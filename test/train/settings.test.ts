import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ArgumentError } from '../../src/index.ts'
import type { TrainOptions } from '../../src/train/options.ts'
import { settingsOf } from '../../src/train/settings.ts'

const own = { validation: { size: 5 } } as Parameters<typeof settingsOf>[1]
const cifar = { ...own, published: 'cifar10' as const }

test('the defaults are the release’s', () => {
  const { totalSteps, warmupSteps, baseLr, decayType, batch, gradNormClip, optimDtype } =
    settingsOf({}, cifar)
  assert.equal([totalSteps, warmupSteps, baseLr, decayType], [10_000, 500, 0.03, 'cosine'])
  assert.equal([batch, gradNormClip, optimDtype], [512, 1, 'bfloat16'])
  assert.is(settingsOf({}, own).totalSteps, 500)
  assert.is(settingsOf({ totalSteps: 50 }, own).warmupSteps, 10)
})

const contradictions: [TrainOptions, RegExp][] = [
  [{ batch: 100, accumSteps: 8 }, /accumSteps is 8 and batch 100/],
  [{ accumSteps: 7 }, /accumSteps is 7 and batch 512/],
  [{ optimizer: 'adamw', optimDtype: 'float32' }, /optimDtype .* optimizer is adamw/],
  [{ warmupSteps: 500 }, /warmupSteps is 500 and totalSteps 500/],
  [{ load: { config: { classes: 3 } } }, /head has the classes of the data set/],
  [{ imageSize: 64, load: { config: { imageSize: [32, 32] } } }, /image size is given twice/],
]

for (const [options, message] of contradictions) {
  test(`refused by name: ${JSON.stringify(options)}`, () => {
    assert.throws(
      () => settingsOf(options, own),
      (error: Error) => error instanceof ArgumentError && message.test(error.message),
    )
  })
}

test('the best can only be chosen by validation pictures', () => {
  const none = { ...own, validation: { size: 0 } } as typeof own
  assert.is(settingsOf({}, none).select, 'best')
  assert.throws(() => settingsOf({ select: 'best' }, none), /no validation pictures/)
})

test.run()
