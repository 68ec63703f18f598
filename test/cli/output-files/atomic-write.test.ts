import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { writeAtomically } from '../../../src/cli/output-files/atomic-write.ts'
import { SourceError } from '../../../src/errors.ts'
import { draftOf } from '../../../src/platform/node/drafts.ts'
import { temporaryFolder } from '../run.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const { signal } = new AbortController()
const newFolder = (): [folder: string, path: string] => {
  const folder = temporaryFolder()
  return [folder, join(folder, 'file')]
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('the promise did not reject')
}

test('a file appears complete, and its bytes are counted', async () => {
  const [folder, path] = newFolder()
  const counts: number[] = []
  const onBytes = (written: number) => counts.push(written)
  const chunks = [bytes('one '), bytes('two')]
  assert.is(await writeAtomically(path, chunks, { signal, onBytes }), 7)
  assert.is(readFileSync(path, 'utf8'), 'one two')
  assert.equal(counts, [4, 7])
  assert.equal(readdirSync(folder), ['file'])
})

test('if the chunks fail, only the old file stays', async () => {
  const [folder, path] = newFolder()
  writeFileSync(path, 'old')
  const reason = new Error('no more')
  async function* chunks() {
    yield bytes('new')
    throw reason
  }
  assert.is(await rejection(writeAtomically(path, chunks(), { signal })), reason)
  assert.is(readFileSync(path, 'utf8'), 'old')
  assert.equal(readdirSync(folder), ['file'])
})

test('an abort between two chunks removes what was written', async () => {
  const [folder, path] = newFolder()
  const controller = new AbortController()
  const reason = new Error('stop')
  const chunks = [bytes('one'), bytes('two')]
  const onBytes = () => controller.abort(reason)
  const writing = writeAtomically(path, chunks, { signal: controller.signal, onBytes })
  assert.is(await rejection(writing), reason)
  assert.equal(readdirSync(folder), [])
})

test('a path that is a folder is refused, and no temporary file stays', async () => {
  const [folder, path] = newFolder()
  mkdirSync(path)
  const error = await rejection(writeAtomically(path, [bytes('x')], { signal }))
  assert.ok(error instanceof SourceError)
  assert.equal(readdirSync(folder), ['file'])
})

test('read-only files, missing folders and pipes are refused before anything is written', async () => {
  const [folder, path] = newFolder()
  writeFileSync(path, 'old')
  chmodSync(path, 0o444)
  const refused = await rejection(writeAtomically(path, [bytes('new')], { signal }))
  assert.match((refused as Error).message, /file: it is read-only\.$/)
  assert.is(readFileSync(path, 'utf8'), 'old')
  const nowhere = await rejection(writeAtomically(join(folder, 'no', 'x'), [], { signal }))
  assert.match((nowhere as Error).message, /there is no folder/)
  if (process.platform === 'win32') return
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const piped = await rejection(writeAtomically(pipe, [bytes('new')], { signal }))
  assert.match((piped as Error).message, /not a regular file/)
  assert.ok(lstatSync(pipe).isFIFO())
})

test('a link stays a link, and its target keeps its mode', async () => {
  const [folder, path] = newFolder()
  writeFileSync(path, 'old')
  chmodSync(path, 0o640)
  const link = join(folder, 'link')
  symlinkSync(path, link)
  await writeAtomically(link, [bytes('new')], { signal })
  assert.ok(lstatSync(link).isSymbolicLink())
  assert.is(readFileSync(path, 'utf8'), 'new')
  assert.is(lstatSync(path).mode & 0o777, 0o640)
})

test('leftovers of other processes do not disturb, and old drafts are removed', async () => {
  const [folder, path] = newFolder()
  writeFileSync(`${path}.${process.pid}.tmp`, 'left by another program')
  const left = draftOf(path)
  writeFileSync(left, 'left by a killed process')
  utimesSync(left, 0, 0)
  await writeAtomically(path, [bytes('new')], { signal })
  assert.is(readFileSync(path, 'utf8'), 'new')
  assert.equal(readdirSync(folder).sort(), ['file', `file.${process.pid}.tmp`])
})

test.run()
