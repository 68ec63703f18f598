import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ArgumentError } from '../src/errors.ts'
import { chooseLabels, labelSets, readLabels } from '../src/labels.ts'
import { readSynsets } from '../src/synsets.ts'
import { rejects } from './checkpoint/collect.ts'
import { sharedBytes, sharedTest } from './shared.ts'

test('names of every set, as many as it has classes', async () => {
  const counts = { imagenet2012: 1000, imagenet21k: 21_843, cifar10: 10, cifar100: 100 }
  assert.equal([...labelSets].sort(), Object.keys(counts).sort())
  for (const set of labelSets) {
    const labels = await readLabels(set)
    assert.is(labels.length, counts[set])
    assert.ok(labels.every((label) => label.length > 0 && label === label.trim()))
  }
  assert.is((await readLabels('cifar10'))[3], 'cat')
  assert.is((await readLabels('imagenet21k'))[0], 'organism, being')
})

test('synsets in the order of the heads', async () => {
  const [small, large] = [await readSynsets('imagenet2012'), await readSynsets('imagenet21k')]
  assert.equal([small.length, large.length], [1000, 21_843])
  assert.equal([small[0], small[999]], ['n01440764', 'n15075141'])
  assert.is(large[0], 'n00004475')
  // Their names go with them: the tench is the first class of the small set.
  const names = await readLabels('imagenet21k')
  assert.is(names[large.indexOf('n01440764')], (await readLabels('imagenet2012'))[0])
  await rejects(
    readSynsets('cifar10' as never),
    ArgumentError,
    /synsets of imagenet2012.*not of "cifar10"/,
  )
})

sharedTest('all of them are those of the lists', async () => {
  const lines = (path: string) =>
    new TextDecoder()
      .decode(sharedBytes(`data/labels/${path}`))
      .trimEnd()
      .split('\n')
  assert.equal(await readLabels('imagenet21k'), lines('imagenet21k_goog_lemmas.txt'))
  assert.equal(await readSynsets('imagenet21k'), lines('imagenet21k_goog_synsets.txt'))
  assert.equal(await readSynsets('imagenet2012'), lines('imagenet_synsets.txt'))
  assert.equal(await readLabels('cifar100'), lines('cifar100.txt'))
})

test('a head’s names: the given, else the told that fit, else those of ImageNet by their number', async () => {
  assert.is((await chooseLabels(1000, undefined))![0], 'tench, Tinca tinca')
  assert.is((await chooseLabels(21_843, undefined))!.length, 21_843)
  // Ten classes may be anybody's.
  assert.is(await chooseLabels(10, undefined), undefined)
  assert.is((await chooseLabels(10, 'cifar10'))![0], 'airplane')
  assert.is((await chooseLabels(100, undefined, 'cifar100'))![0], 'apple')
  assert.equal(await chooseLabels(2, ['a', 'b'], ['c', 'd']), ['a', 'b'])
  assert.equal(await chooseLabels(2, undefined, ['c', 'd']), ['c', 'd'])
  assert.is(await chooseLabels(0, undefined, ['c', 'd']), undefined)
  await rejects(chooseLabels(10, 'cifar100'), ArgumentError, /10 classes, and 100 labels/)
  await rejects(chooseLabels(10, 'mnist' as never), ArgumentError, /cifar10/)
})

test.run()
