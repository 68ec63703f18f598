import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { draftOf, sweepDrafts, sweepDraftsOf } from '../../../src/platform/node/drafts.ts'
import { notes } from '../../../src/platform/node/notes.ts'
import { withCache } from '../../cache.ts'
import { temporaryFolder } from '../../cli/run.ts'

/** Makes a file that was last written to so many hours ago. */
function put(path: string, hours: number): string {
  writeFileSync(path, 'x')
  const then = new Date(Date.now() - hours * 3600 * 1000)
  utimesSync(path, then, then)
  return path
}

test('drafts of yesterday are removed; recent ones and other files stay', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'model.safetensors')
  assert.not.equal(draftOf(path), draftOf(path))
  const old = put(draftOf(path), 25)
  const stay = [
    put(draftOf(path), 23),
    put(`${path}.1234.tmp`, 1000),
    put(`${path}.vitrine-draft`, 1000),
    put(path, 1000),
  ]
  const other = put(draftOf(join(folder, 'other')), 1000)
  await sweepDraftsOf(path)
  assert.not(existsSync(old))
  assert.equal(readdirSync(folder).sort(), [...stay, other].map((name) => basename(name)).sort())
  await sweepDrafts(folder)
  assert.not(existsSync(other))
  await sweepDrafts(join(folder, 'nothing'))
})

test(
  'a note’s draft that a process of the same number left does not keep a new one from being written',
  withCache((cache) => {
    notes.remember('name', 'one')
    const [file] = readdirSync(join(cache, 'measured'))
    put(join(cache, 'measured', `${file}.${process.pid}`), 0)
    notes.remember('name', 'two')
    assert.is(notes.recall('name'), 'two')
  }),
)

test.run()
