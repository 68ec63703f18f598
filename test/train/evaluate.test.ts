import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { ArgumentError, load, UnsupportedError } from '../../src/index.ts'
import { DatasetError } from '../../src/train/data/errors.ts'
import { evaluate } from '../../src/train/evaluate.ts'
import { rejects } from '../checkpoint/collect.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { sharedPath, sharedTest } from '../shared.ts'
import { type Contents, noisePNG, withFolder } from './data/made.ts'

const labels = ['ant', 'bee', 'cat', 'dog', 'eel']
const checkpoint = await asSafetensors(
  tensorsOf(timm, smallConfig),
  ownMetadata({ config: smallConfig, recipe: 'official', labels }),
)

const quiet = { onNotice() {} }
const exact = { load: { backend: 'reference' }, ...quiet } as const

/** Pictures of noise, which the model takes for something or other. */
async function pictures(classes: readonly string[], count: number, below = ''): Promise<Contents> {
  const files: Record<string, Uint8Array<ArrayBuffer>> = {}
  for (const [k, name] of classes.entries()) {
    for (let i = 0; i < count; i++) {
      files[`${below}${name}/${i}.png`] = await noisePNG(100 * k + i, 20, 14)
    }
  }
  return files
}

test('an evaluation says what classify says, picture by picture', async () => {
  const classes = ['cat', 'ant', 'dog', 'bee', 'eel']
  await withFolder(await pictures(classes, 5), async (folder) => {
    const seen: number[] = []
    const result = await evaluate(checkpoint, folder, {
      ...exact,
      split: 'all',
      onProgress: ({ done, total }) => seen.push(done / total),
    })
    assert.equal(result.labels, labels, 'folders in the order of their names')
    assert.equal([result.pictures, result.split, result.accuracyAmongAll], [25, 'all', undefined])
    assert.is(seen.at(-1), 1)
    using vit = await load(checkpoint, { backend: 'reference' })
    let [right, loss] = [0, 0]
    const wrong = new Map<string, string>()
    for (const name of classes) {
      for (let i = 0; i < 5; i++) {
        const all = await vit.classify(readFileSync(join(folder, name, `${i}.png`)), { topK: 5 })
        if (all[0]!.label === name) right++
        else wrong.set(`${name}/${i}.png`, all[0]!.label)
        loss -= Math.log(all.find(({ label }) => label === name)!.probability) / 25
      }
    }
    assert.is(result.accuracy, right / 25)
    assert.ok(Math.abs(result.loss - loss) < 1e-6, `${result.loss} ${loss}`)
    assert.equal(
      new Map(result.mistakes.map(({ name, predicted }) => [name, labels[predicted]!])),
      new Map(result.mistakes.map(({ name }) => [name, wrong.get(name)!])),
    )
    assert.is(result.mistakes.length, wrong.size)
  })
})

test('some of the model’s classes are compared, from a folder that has only test pictures', async () => {
  await withFolder(await pictures(['dog', 'bee'], 6, 'test/'), async (folder) => {
    const result = await evaluate(checkpoint, folder, { ...exact, thumbnails: 8, mistakes: 2 })
    assert.equal([result.split, result.pictures, result.labels], ['test', 12, ['bee', 'dog']])
    assert.equal([result.classes.length, result.confusion.length], [2, 2])
    assert.ok(result.accuracyAmongAll! <= result.accuracy)
    assert.ok(result.mistakes.length > 0 && result.mistakes.length <= 2)
    assert.equal(
      result.mistakes.map(({ thumbnail }) => thumbnail?.width),
      result.mistakes.map(() => 8),
    )
  })
})

test('without test pictures all are classified, which is said', async () => {
  await withFolder(await pictures(['dog', 'bee'], 4), async (folder) => {
    const notices: string[] = []
    const onNotice = (notice: string) => void notices.push(notice)
    const all = await evaluate(checkpoint, folder, { ...exact, onNotice })
    assert.is(all.pictures, 8)
    assert.match(notices.join(), /no pictures for tests, so all 8 are classified/)
    const held = await evaluate(checkpoint, folder, { ...exact, split: 'validation' })
    const rest = await evaluate(checkpoint, folder, { ...exact, split: 'train' })
    assert.equal([held.pictures, rest.pictures], [2, 6])
    await rejects(
      evaluate(checkpoint, folder, { ...exact, split: 'test' }),
      DatasetError,
      /no pictures for test/,
    )
  })
})

test('the pictures that a run held out are those of its share', async () => {
  await withFolder(await pictures(['dog', 'bee'], 10), async (folder) => {
    const of = async (validation: number) =>
      (await evaluate(checkpoint, folder, { ...exact, split: 'validation', validation })).pictures
    assert.equal([await of(0.3), await of(0.1)], [6, 2])
  })
})

test('classes in a column of any name, and names for their numbers', async () => {
  const table = 'file_name,kind\na.png,1\nb.png,0\nc.png,1\n'
  const files = {
    'a.png': await noisePNG(1),
    'b.png': await noisePNG(2),
    'c.png': await noisePNG(3),
  }
  await withFolder({ ...files, 'metadata.csv': table }, async (folder) => {
    const classes = ['eel', 'cat']
    const result = await evaluate(checkpoint, folder, { ...exact, labelColumn: 'kind', classes })
    assert.equal([result.labels, result.pictures], [classes, 3])
    assert.equal(
      result.classes.map(({ pictures }) => pictures),
      [1, 2],
    )
  })
})

test('pictures that can’t be read are counted and named; with strict they are an error', async () => {
  const files = { ...(await pictures(['dog', 'bee'], 3)), 'dog/broken.png': 'no picture' }
  await withFolder(files, async (folder) => {
    const result = await evaluate(checkpoint, folder, exact)
    assert.is(result.pictures, 6)
    assert.equal(
      result.unusable.map(({ name }) => name),
      ['dog/broken.png'],
    )
    await rejects(
      evaluate(checkpoint, folder, { ...exact, strict: true }),
      DatasetError,
      /broken\.png/,
    )
  })
  await withFolder({ 'dog/a.png': 'none', 'bee/b.png': 'none' }, async (folder) => {
    await rejects(evaluate(checkpoint, folder, exact), DatasetError, /No picture of .* can be read/)
  })
})

test('a model that is loaded stays loaded, and takes no options of load', async () => {
  await withFolder(await pictures(['dog', 'bee'], 2), async (folder) => {
    using vit = await load(checkpoint, { backend: 'reference' })
    const one = await evaluate(vit, folder, quiet)
    const other = await evaluate(checkpoint, folder, exact)
    assert.equal(one, other)
    await rejects(evaluate(vit, folder, exact), ArgumentError, /load has no effect/)
    assert.is((await vit.classify(join(folder, 'dog/0.png'), { topK: 1 })).length, 1)
  })
})

test('a model without classes is refused', async () => {
  await withFolder(await pictures(['dog', 'bee'], 2), async (folder) => {
    const headless = { ...smallConfig, classes: 0 }
    const none = await asSafetensors(
      tensorsOf(timm, headless),
      ownMetadata({ config: headless, recipe: 'official' }),
    )
    await rejects(evaluate(none, folder, exact), UnsupportedError, /no classes of its own/)
  })
})

test('an abort ends it with its reason', async () => {
  await withFolder(await pictures(['dog', 'bee'], 30), async (folder) => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const run = evaluate(checkpoint, folder, {
      ...exact,
      onProgress: () => controller.abort(reason),
      signal: controller.signal,
    })
    const error = await run.then(
      () => undefined,
      (error) => error,
    )
    assert.is(error, reason)
  })
})

sharedTest('the model of this package on photographs whose folders are synsets', async () => {
  const photos: readonly [file: string, synset: string][] = readFileSync(
    sharedPath('data/images/classes.csv'),
    'utf8',
  )
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .filter(([file, , synset]) => file?.startsWith('imagenet/') && synset)
    .map(([file, , synset]) => [file!, synset!])
  assert.ok(photos.length > 5)
  await withFolder({}, async (folder) => {
    for (const [file, synset] of photos) {
      const target = join(folder, synset, file.slice('imagenet/'.length))
      mkdirSync(dirname(target), { recursive: true })
      copyFileSync(sharedPath(`data/images/${file}`), target)
    }
    const result = await evaluate(undefined, folder, quiet)
    assert.is(result.pictures, photos.length)
    assert.ok(result.accuracyAmongAll! >= 0.6, `${result.accuracyAmongAll}`)
    assert.ok(result.accuracy >= result.accuracyAmongAll!)
    assert.ok(result.top5! >= result.accuracy)
  })
})

test.run()
