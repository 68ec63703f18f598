import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { crc32 } from '../../../src/bytes/crc32.ts'
import { RECIPES } from '../../../src/image/preprocess/recipes.ts'
import { type BatchOptions, batches } from '../../../src/train/batches.ts'
import { DatasetError } from '../../../src/train/data/errors.ts'
import { openDataset } from '../../../src/train/data/open.ts'
import { Pictures, type PicturesOptions } from '../../../src/train/data/pictures.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { flatJPEG } from '../../image/make-large.ts'
import {
  asFiles,
  type Bytes,
  type Contents,
  labelsOf,
  namesOf,
  noisePNG,
  withFolder,
} from './made.ts'

const png = await noisePNG(1, 12, 10)
const jpeg = Uint8Array.from(
  flatJPEG({ width: 20, height: 12, components: 3, scans: 'progressive' }),
)

const options: BatchOptions = {
  ...{ batch: 4, classes: 2, labelSmoothing: 0, seed: 1 },
  ...{ augment: 'inception', size: [8, 8], recipe: RECIPES.official },
}

/** Pictures of a folder's training split, drawn for some epochs. */
async function draw(folder: string, epochs: number, more: PicturesOptions = {}) {
  const set = await openDataset(folder, { validation: 0 })
  const pictures = new Pictures(set.train, { workers: 1, classes: set.classes, ...more })
  let drawn = 0
  const wanted = epochs * set.train.size
  for await (const { samples } of batches(pictures, options)) {
    drawn += samples.length
    if (drawn >= wanted) break
  }
  await set.close()
  return pictures
}

/** Ten pictures of each class, of which some are replaced. */
function tens(replace: (name: string, i: number) => Bytes | string | undefined): Contents {
  const files: Record<string, Bytes | string> = {}
  for (const name of ['cat', 'dog']) {
    for (let i = 0; i < 10; i++) files[`${name}/${i}.png`] = replace(name, i) ?? png
  }
  return files
}

/** A PNG whose header says another size, with a right checksum. */
function lying(width: number, height: number): Bytes {
  const file = png.slice()
  const view = new DataView(file.buffer)
  view.setUint32(16, width)
  view.setUint32(20, height)
  view.setUint32(29, crc32(file.subarray(12, 29)))
  return file
}

test('four of ten files that are damaged are counted and named, and training goes on', async () => {
  const damaged = [png.subarray(0, 70), '', 'no picture', lying(60_000, 60_000)]
  await withFolder(
    tens((_, i) => damaged[i]),
    async (folder) => {
      const { unusable } = await draw(folder, 3)
      const names = ['cat', 'dog'].flatMap((name) => [0, 1, 2, 3].map((i) => `${name}/${i}.png`))
      assert.equal(
        unusable.map(({ name }) => name),
        names,
      )
      const reasons = unusable.slice(0, 4).map(({ reason }) => reason)
      const expected = [/truncated/, /empty|0 bytes|no image/i, /./, /60000 x 60000 .* limit/]
      for (const [i, reason] of reasons.entries()) assert.match(reason, expected[i]!)
    },
  )
})

test('strict, the first damaged file in the order of training is an error by its name', async () => {
  await withFolder(
    tens((_, i) => (i < 4 ? png.subarray(0, 70) : undefined)),
    async (folder) => {
      const messages: string[] = []
      for (const workers of [0, 2]) {
        const error = await draw(folder, 1, { strict: true, workers }).then(
          () => assert.unreachable(),
          (error: Error) => error,
        )
        assert.instance(error, DatasetError)
        assert.match((error as Error).message, /^(cat|dog)\/[0-3]\.png can't be used: .*truncated/)
        messages.push((error as Error).message)
      }
      assert.is(messages[0], messages[1])
    },
  )
})

test('a class of which nothing can be decoded is an error that names it', async () => {
  await withFolder(
    tens((name) => (name === 'dog' ? 'no picture' : undefined)),
    async (folder) => {
      const message = /No training picture of the class "dog" .* dog\/\d/
      await rejects(draw(folder, 3), DatasetError, message)
    },
  )
})

test('a header that lies about the size takes no memory', async () => {
  await withFolder(
    tens((name, i) => (name === 'cat' && i === 0 ? lying(8000, 8000) : undefined)),
    async (folder) => {
      const { unusable } = await draw(folder, 2)
      assert.equal(
        unusable.map(({ name }) => name),
        ['cat/0.png'],
      )
    },
  )
})

test('files are what their bytes say, whatever their extension', async () => {
  const files = { 'cat/1.png': jpeg, 'cat/2.webp': png, 'dog/1.jpg': png, 'dog/2.jpeg': jpeg }
  await withFolder(files, async (folder) => {
    const pictures = await draw(folder, 2)
    assert.equal(pictures.unusable, [])
    const { image } = (await pictures.read(0))!
    assert.equal([image.width, image.height], [20, 12])
  })
})

test('a folder that vanishes while training draws from it is an error that says so', async () => {
  await withFolder(
    Object.fromEntries(
      Object.entries(tens(() => undefined)).map(([at, file]) => [`set/${at}`, file]),
    ),
    async (folder) => {
      const set = await openDataset(join(folder, 'set'), { validation: 0 })
      const pictures = new Pictures(set.train, { workers: 1, classes: set.classes })
      const drawn = batches(pictures, options)
      await drawn.next()
      renameSync(join(folder, 'set'), join(folder, 'elsewhere'))
      const all = async () => {
        for await (const _ of drawn);
      }
      await rejects(all(), DatasetError, /The folder .*set of the data set vanished/)
      assert.equal(pictures.unusable, [])
    },
  )
})

test('the same picture under two names, and the same name in two splits, are pictures of their own', async () => {
  const files = {
    'train/cat/1.png': png,
    'train/cat/copy of 1.png': png,
    'train/dog/1.png': png,
    'test/cat/1.png': png,
    'validation/dog/1.png': png,
  }
  await withFolder(files, async (folder) => {
    const set = await openDataset(folder)
    assert.equal(namesOf(set.train), [
      'train/cat/1.png',
      'train/cat/copy of 1.png',
      'train/dog/1.png',
    ])
    assert.equal(
      [...namesOf(set.validation), ...namesOf(set.test!)],
      ['validation/dog/1.png', 'test/cat/1.png'],
    )
  })
})

test('a picture in the tables of two splits stays where it is listed first', async () => {
  const files = {
    'metadata.csv': 'file_name,label,split\na.png,x,train\nb.png,y,train\na.png,x,test\n',
    'a.png': png,
    'b.png': png,
  }
  const set = await openDataset(asFiles(files), { validation: 0 })
  assert.equal([namesOf(set.train), set.test], [['a.png', 'b.png'], undefined])
  assert.equal(set.unusable, [{ name: 'a.png', reason: 'it is listed twice in metadata.csv' }])
})

test('what systems leave in folders is no class and no picture', async () => {
  const files = {
    'cat/1.png': png,
    'cat/._1.png': 'resource fork',
    'cat/Thumbs.db': 'thumbnails',
    'cat/desktop.ini': '',
    'cat/@eaDir/1.png/SYNOPHOTO_THUMB.jpg': jpeg,
    'dog/2.png': png,
    'dog/.DS_Store': '',
    '__MACOSX/cat/._1.png': 'resource fork',
    '.ipynb_checkpoints/3.png': png,
    '.cache/huggingface/old.parquet': 'PAR1',
    '.cache/metadata.csv': '',
  }
  const dropped = await openDataset(asFiles(files), { validation: 0 })
  await withFolder(files, async (folder) => {
    for (const set of [dropped, await openDataset(folder, { validation: 0 })]) {
      assert.equal(set.classes, ['cat', 'dog'])
      assert.equal(namesOf(set.train), ['cat/1.png', 'dog/2.png'])
      assert.equal(set.unusable, [])
    }
  })
})

test('names in any script, and in both forms of their letters', async () => {
  const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301']
  const files = {
    [`train/${composed}/1.png`]: png,
    'train/🐱 猫/ツ".png': png,
    [`test/${decomposed}/2.png`]: png,
  }
  await withFolder(files, async (folder) => {
    const set = await openDataset(folder, { validation: 0 })
    assert.equal(set.classes, [composed, '🐱 猫'])
    assert.equal(labelsOf(set.test!), [0])
    for (const split of [set.train, set.test!]) {
      const pictures = new Pictures(split)
      for (let i = 0; i < split.size; i++) assert.ok(await pictures.read(i))
    }
  })
  const csv = `file_name,label\n${decomposed}.png,a\n🐱.png,b\n`
  const table = { 'metadata.csv': csv, [`${composed}.png`]: png, '🐱.png': png }
  const set = await openDataset(asFiles(table), { validation: 0 })
  assert.equal(namesOf(set.train), [`${composed}.png`, '🐱.png'])
  assert.equal(set.unusable, [])
})

test('links to pictures are followed, and one that leads nowhere is left out', async () => {
  await withFolder({ 'all/1.png': png, 'set/dog/2.png': png }, async (folder) => {
    mkdirSync(join(folder, 'set/cat'))
    symlinkSync(join(folder, 'all/1.png'), join(folder, 'set/cat/1.png'))
    symlinkSync(join(folder, 'all/gone.png'), join(folder, 'set/cat/3.png'))
    symlinkSync(join(folder, 'set/cat/4.png'), join(folder, 'set/cat/4.png'))
    const { unusable } = await draw(join(folder, 'set'), 3)
    assert.equal(
      unusable.map(({ name }) => name),
      ['cat/3.png', 'cat/4.png'],
    )
    rmSync(join(folder, 'set/cat/1.png'))
    await rejects(draw(join(folder, 'set'), 3), DatasetError, /of the class "cat"/)
  })
})

test.run()
