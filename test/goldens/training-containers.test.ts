import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Dataset, Split } from '../../src/train/data/dataset.ts'
import { type DatasetInput, type DatasetOptions, openDataset } from '../../src/train/data/open.ts'
import { Pictures } from '../../src/train/data/pictures.ts'
import { sharedBytes, sharedJSON, sharedPath, sharedTest } from '../shared.ts'

interface GoldenSample {
  readonly name: string
  readonly label: number
  readonly label_name: string
  readonly format: string
  readonly subsampling?: string
  readonly bytes_sha256: string
  readonly rgb_sha256?: string
  readonly height?: number
  readonly width?: number
  readonly pixels_offset?: number
  readonly split?: string
  readonly shard?: number
  readonly error?: boolean
}

interface Golden {
  readonly class_names: string[]
  readonly webdataset: { samples: GoldenSample[] }
  readonly imagefolder: { samples: GoldenSample[] }
  readonly classfolders: { samples: GoldenSample[] }
  readonly pixels: { file: string }
}

const folder = 'golden/training-more'
const golden = () => sharedJSON<{ containers: Golden }>(`${folder}/golden.json`).containers
const path = (name: string) => sharedPath(`${folder}/containers/${name}`)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Validation pictures and training pictures as one. */
async function read(split: Split, options = {}) {
  const samples = new Map<string, { label: number; bytes: string }>()
  const pictures = new Map<string, { label: number; data: Uint8Array; size: string }>()
  for (let i = 0; i < split.size; i++) {
    const sample = await split.read(i)
    assert.is(sample.label, split.label(i))
    const bytes = sample.image instanceof Uint8Array ? sha256(sample.image) : ''
    samples.set(sample.name, { label: sample.label, bytes })
  }
  const decoded = new Pictures(split, options)
  for (let i = 0; i < split.size; i++) {
    const picture = await decoded.read(i)
    if (!picture) continue
    const { width, height, data } = picture.image
    pictures.set(picture.name, { label: picture.label, data, size: `${width} x ${height}` })
  }
  return { samples, pictures, unusable: decoded.unusable }
}

/** Compares with what Pillow decodes: PNG and JPEG without subsampling exactly, others nearly. */
async function compare(
  split: Split,
  expected: readonly GoldenSample[],
  nameOf: (sample: GoldenSample) => string,
  pixelsFile: string,
): Promise<void> {
  const { samples, pictures, unusable } = await read(split)
  const pixels = sharedBytes(`${folder}/${pixelsFile}`)
  assert.is(samples.size, expected.length)
  for (const one of expected) {
    const name = nameOf(one)
    assert.equal(samples.get(name), { label: one.label, bytes: one.bytes_sha256 }, name)
    const picture = pictures.get(name)
    if (one.error) {
      assert.is(picture, undefined, name)
      continue
    }
    assert.is(picture!.size, `${one.width} x ${one.height}`, name)
    const from = one.pixels_offset!
    const reference = pixels.subarray(from, from + picture!.data.length)
    const most = picture!.data.reduce(
      (worst, value, i) => Math.max(worst, Math.abs(value - reference[i]!)),
      0,
    )
    const bound = one.format === 'PNG' ? 0 : one.subsampling === '4:4:4' ? 1 : 4
    assert.ok(most <= bound, `${name} (${one.format} ${one.subsampling}): ${most}`)
    if (one.format === 'PNG') assert.is(sha256(picture!.data), one.rgb_sha256)
  }
  const broken = expected.filter(({ error }) => error).map(nameOf)
  assert.equal(
    unusable.map(({ name }) => name),
    broken,
  )
  for (const { reason } of unusable) assert.ok(reason.length > 10, reason)
}

async function withDataset(
  input: DatasetInput,
  options: DatasetOptions,
  use: (dataset: Dataset) => Promise<void>,
): Promise<void> {
  const dataset = await openDataset(input, { validation: 0, ...options })
  try {
    await use(dataset)
  } finally {
    await dataset.close()
  }
}

sharedTest('shards of WebDataset by their braces', async () => {
  const { webdataset, class_names: classes, pixels } = golden()
  await withDataset(path('wds-{000000..000001}.tar'), { classes }, async (dataset) => {
    assert.equal(dataset.classes, classes)
    assert.equal(dataset.unusable, [])
    await compare(dataset.train, webdataset.samples, ({ name }) => name, pixels.file)
  })
  await withDataset(path('wds-{000000..000001}.tar'), {}, async (dataset) => {
    assert.equal(dataset.classes, ['0', '1', '2'])
  })
})

sharedTest('a shard that is compressed', async () => {
  const { webdataset, class_names: classes, pixels } = golden()
  await withDataset(path('wds-000000.tar.gz'), { classes }, async ({ train }) => {
    const first = webdataset.samples.filter(({ shard }) => shard === 0)
    await compare(train, first, ({ name }) => name, pixels.file)
  })
})

for (const codec of ['snappy', 'zstd']) {
  sharedTest(`parquet of Hugging Face, ${codec}`, async () => {
    const { webdataset, class_names: classes, pixels } = golden()
    const file = path(`train-00000-of-00001.${codec}.parquet`)
    await withDataset(file, {}, async (dataset) => {
      assert.equal(dataset.classes, classes)
      const nameOf = ({ name }: GoldenSample) => `${name}.jpg`
      await compare(dataset.train, webdataset.samples, nameOf, pixels.file)
    })
  })
}

sharedTest('a column of coarse labels', async () => {
  const file = path('train-00000-of-00001.zstd.parquet')
  await withDataset(file, { labelColumn: 'coarse_label' }, async ({ classes, train }) => {
    assert.equal(classes, ['even', 'odd'])
    for (let i = 0; i < train.size; i++) assert.ok(train.label(i) < 2)
  })
})

sharedTest('a folder with metadata.csv', async () => {
  const { imagefolder, class_names, pixels } = golden()
  await withDataset(path('imagefolder'), {}, async (dataset) => {
    assert.equal(dataset.classes, class_names)
    assert.equal(
      dataset.unusable.map(({ name }) => name),
      ['train/not_listed.png'],
    )
    await compare(dataset.train, imagefolder.samples, ({ name }) => `train/${name}`, pixels.file)
  })
})

sharedTest('a folder for each class, with a test split', async () => {
  const { classfolders, class_names, pixels } = golden()
  await withDataset(path('classfolders'), {}, async (dataset) => {
    assert.equal(dataset.classes, class_names)
    assert.equal(dataset.unusable, [])
    for (const [name, split] of [
      ['train', dataset.train],
      ['test', dataset.test!],
    ] as const) {
      const samples = classfolders.samples.filter((one) => one.split === name)
      await compare(split, samples, (one) => one.name, pixels.file)
    }
  })
})

sharedTest('CIFAR-10 in a folder of its own files', async () => {
  const dataset = await openDataset(sharedPath('data/cifar10'))
  try {
    assert.equal(
      [dataset.train.size, dataset.validation.size, dataset.test!.size],
      [9800, 200, 2000],
    )
    assert.is(dataset.classes[6], 'frog')
    const pixels = sharedBytes('golden/training-more/crops/cifar.u8.bin')
    const { image, name } = await dataset.train.read(17)
    assert.is(name, 'train_10k.bin/17')
    assert.equal((image as { data: Uint8Array }).data, Uint8Array.from(pixels))
    assert.is(dataset.validation.name(0), 'train_10k.bin/9800')
  } finally {
    await dataset.close()
  }
})

test.run()
