import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { notes } from '../../src/platform/notes-node.ts'

const before = process.env.VITRINE_CACHE
const test = suite<{ folder: string }>('notes')

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'vitrine-notes-'))
  process.env.VITRINE_CACHE = join(context.folder, 'cache')
})
test.after.each(async ({ folder }) => {
  if (before === undefined) delete process.env.VITRINE_CACHE
  else process.env.VITRINE_CACHE = before
  await rm(folder, { recursive: true })
})

test('a note is found again by its name, whatever is in it', () => {
  const name = 'tiles ../../AMD "Radeon"\n780M'
  assert.is(notes.recall(name), undefined)
  notes.remember(name, 'one')
  notes.remember(name, 'two')
  assert.is(notes.recall(name), 'two')
  assert.is(notes.recall('tiles'), undefined)
})

test('where nothing can be written nothing is remembered, and nobody is bothered', async ({
  folder,
}) => {
  await writeFile(join(folder, 'cache'), 'a file where the folder should be')
  notes.remember('name', 'text')
  assert.is(notes.recall('name'), undefined)
})

test.run()
