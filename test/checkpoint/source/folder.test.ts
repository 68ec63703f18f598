import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findInFolder } from '../../../src/checkpoint/source/folder.ts'
import { SourceError } from '../../../src/errors.ts'
import { publishedName } from '../../../src/hub/published-name.ts'
import { temporaryFolder } from '../../cli/run.ts'
import { rejects } from '../collect.ts'

const root = temporaryFolder()
let made = 0

/** A folder with empty files. */
function folderWith(...names: string[]): string {
  const folder = join(root, `folder ${made++}`)
  mkdirSync(folder)
  for (const name of names) writeFileSync(join(folder, name), '')
  return folder
}

test('a folder stands for model.safetensors, else for its only checkpoint', async () => {
  const both = folderWith('model.safetensors', 'other.safetensors', 'x.npz', 'config.json')
  const file = join(both, 'model.safetensors')
  for (const input of [both, `${both}/`, pathToFileURL(both), `${pathToFileURL(both).href}/`]) {
    assert.is(await findInFolder(input), file, String(input))
    assert.is(await publishedName(input), undefined, String(input))
  }
  const only = folderWith('B_16.npz', 'README.md')
  assert.is(await findInFolder(only), join(only, 'B_16.npz'))
  const linked = folderWith()
  symlinkSync(file, join(linked, 'model.safetensors'))
  assert.is(await findInFolder(linked), join(linked, 'model.safetensors'))
  for (const input of [
    file,
    'https://example.org/x/',
    'B_16',
    '',
    new Blob([]),
    new Uint8Array(1),
  ]) {
    assert.is(await findInFolder(input), undefined)
  }
})

test('a folder of a training that has not finished is no model, and one that has is', async () => {
  const begun = folderWith('train.jsonl', 'checkpoint_100.safetensors')
  await rejects(
    findInFolder(begun),
    SourceError,
    /training that has not finished: its command goes on\.$/,
  )
  assert.is(await publishedName(begun), undefined)
  const going = folderWith('train.jsonl', 'checkpoint_100.safetensors', 'best.safetensors')
  await rejects(
    findInFolder(going),
    SourceError,
    /goes on, and best\.safetensors is the best model so far/,
  )
  const done = folderWith('train.jsonl', 'checkpoint_100.safetensors', 'model.safetensors')
  assert.is(await findInFolder(done), join(done, 'model.safetensors'))
})

test('several checkpoints, or none, is an error that names them', async () => {
  const several = folderWith('b.safetensors', 'a.npz')
  await rejects(findInFolder(several), SourceError, /several files with weights.*: a\.npz, b\.safe/)
  await rejects(findInFolder(folderWith()), SourceError, /no \.safetensors and no \.npz; it has no/)
  await rejects(findInFolder(folderWith('notes.txt')), SourceError, /no \.npz, only notes\.txt\./)
  const pickled = findInFolder(folderWith('pytorch_model.bin', 'config.json'))
  await rejects(
    pickled,
    SourceError,
    /but pytorch_model\.bin, a PyTorch file.*torch\.load\(".*pytorch_model\.bin".*pytorch_model\.safetensors"\)$/ms,
  )
  const parts = folderWith('model.safetensors.index.json', 'model-00001-of-00002.safetensors')
  assert.is(await findInFolder(parts), join(parts, 'model.safetensors.index.json'))
})

test('a folder without a model does not hide a published name', async () => {
  const here = process.cwd()
  process.chdir(root)
  try {
    mkdirSync('B_16')
    assert.is(await publishedName('B_16'), 'B_16')
    assert.is(await publishedName('./B_16'), undefined)
    writeFileSync('B_16/config.json', '{}')
    assert.is(await publishedName('B_16'), undefined)
  } finally {
    process.chdir(here)
  }
})

test.run()
