import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { notes } from '../../../src/platform/node/notes.ts'
import { useCache, withCache } from '../../cache.ts'

test(
  'a note is found again by its name, whatever is in it',
  withCache(() => {
    const name = 'tiles ../../AMD "Radeon"\n780M'
    assert.is(notes.recall(name), undefined)
    notes.remember(name, 'one')
    notes.remember(name, 'two')
    assert.is(notes.recall(name), 'two')
    assert.is(notes.recall('tiles'), undefined)
  }),
)

test(
  'where nothing can be written nothing is remembered, and nobody is bothered',
  withCache((folder) => {
    const file = join(folder, 'file')
    writeFileSync(file, 'a file where the folder should be')
    const restore = useCache(file)
    notes.remember('name', 'text')
    assert.is(notes.recall('name'), undefined)
    restore()
  }),
)

test.run()
