import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { DownloadProgress } from '../../src/checkpoint/checkpoint.ts'
import { ArgumentError } from '../../src/index.ts'
import { DatasetError } from '../../src/train/data/errors.ts'
import { evaluate } from '../../src/train/evaluate.ts'
import { train } from '../../src/train/train.ts'
import { rejects } from '../checkpoint/collect.ts'
import { withHub } from '../hub/setup.ts'
import { tarOf, withFolder } from './data/made.ts'
import { checkpoint, options, picture, pictures, run } from './runs.ts'

const short = { totalSteps: 1, warmupSteps: 0, evalEvery: 0 }

test('classes in a column of any name, and names for their numbers', async () => {
  const files: Record<string, Uint8Array<ArrayBuffer> | string> = {}
  let table = 'file_name,kind\n'
  for (let i = 0; i < 8; i++) {
    files[`${i}.png`] = await picture(i % 2 ? 'red' : 'blue', i)
    table += `${i}.png,${i % 2}\n`
  }
  await withFolder({ ...files, 'metadata.csv': table }, async (folder) => {
    const unnamed = train(checkpoint, folder, { ...options, ...short })
    await rejects(unnamed.next(), DatasetError, /no column label.* as labelColumn/)
    const classes = ['blue', 'red']
    const { result } = await run(folder, { ...short, labelColumn: 'kind', classes })
    assert.equal(result.labels, classes)
  })
})

test('options of tables are refused where there are none', async () => {
  await withFolder(await pictures(4), async (folder) => {
    const training = train(checkpoint, folder, { ...options, ...short, labelColumn: 'kind' })
    await rejects(training.next(), ArgumentError, /labelColumn has no effect/)
  })
})

test('a class without training pictures is an error, unless it is allowed', async () => {
  await withFolder(await pictures(4), async (folder) => {
    mkdirSync(join(folder, 'train/green'))
    await rejects(run(folder, short), DatasetError, /"green" .* set allowEmptyClasses/)
    const { result } = await run(folder, { ...short, allowEmptyClasses: true })
    assert.equal(result.labels, ['blue', 'green', 'red'])
  })
})

test('what training can’t honour of the options of load is refused by name', async () => {
  await withFolder(await pictures(4), async (folder) => {
    const merging = { ...options, load: { ...options.load, merge: 2 } } as object
    await rejects(train(checkpoint, folder, merging).next(), ArgumentError, /load\.merge/)
  })
})

test('downloads of a data set are told to train and to evaluate', async () => {
  const members: Record<string, Uint8Array<ArrayBuffer> | string> = {}
  for (let i = 0; i < 10; i++) {
    members[`${i}.png`] = await picture(i % 2 ? 'red' : 'blue', i)
    members[`${i}.cls`] = String(i % 2)
  }
  const shard = await tarOf(members)
  await withHub(async ({ server, cache }) => {
    server.put('/shard.tar', shard)
    const url = `${server.url}/shard.tar`
    const downloads = async (use: (onDownload: (one: DownloadProgress) => void) => unknown) => {
      const told: DownloadProgress[] = []
      await use((one) => told.push(one))
      return told.at(-1)
    }
    const last = await downloads((onDownload) => run(url, { ...short, hub: { cache }, onDownload }))
    assert.equal([last?.phase, last?.loaded], ['download', shard.length])
    server.put('/other.tar', shard)
    const other = await downloads((onDownload) =>
      evaluate(checkpoint, `${server.url}/other.tar`, {
        ...{ hub: { cache }, onDownload, onNotice() {} },
        load: { ...options.load, labels: ['0', '1', '2', '3', '4'] },
      }),
    )
    assert.is(other?.loaded, shard.length)
  })
})

test.run()
