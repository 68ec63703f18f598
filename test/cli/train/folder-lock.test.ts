import { existsSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FolderLock } from '../../../src/cli/train/folder-lock.ts'
import { SourceError } from '../../../src/index.ts'
import { draftOf } from '../../../src/platform/node/drafts.ts'
import { ownProcess } from '../../../src/platform/node/files.ts'
import { readJSONLines } from '../../../src/train/log/json-lines.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { result, run, start, temporaryFolder } from '../run.ts'
import { material } from './made.ts'

const top = temporaryFolder()
const { signal } = new AbortController()

function newFolder(name: string): string {
  const folder = join(top, name)
  mkdirSync(folder)
  return folder
}

const locksIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.lock'))

test('a folder has one holder at a time, and none after its release', async () => {
  const folder = newFolder('one')
  const lock = await FolderLock.take(folder, signal)
  assert.ok(lock)
  await rejects(
    FolderLock.take(folder, signal),
    SourceError,
    new RegExp(`^Process ${process.pid} is training in .*one, since 20.*Wait for it, end it, or`),
  )
  assert.is(locksIn(folder).length, 1, 'who is refused leaves nothing')
  await lock.release()
  assert.equal(readdirSync(folder), [])
  await (await FolderLock.take(folder, signal))!.release()
})

test('of many that begin at once exactly one gets the folder', async () => {
  const folder = newFolder('many')
  const taken = await Promise.allSettled(
    Array.from({ length: 8 }, () => FolderLock.take(folder, signal)),
  )
  const winners = taken.filter(({ status }) => status === 'fulfilled')
  assert.is(winners.length, 1)
  assert.is(locksIn(folder).length, 1)
  await (winners[0] as PromiseFulfilledResult<FolderLock>).value.release()
})

/** What a process that ended leaves, and what others may have written. */
const stale: [name: string, text: string][] = [
  ['of a socket that is gone', lockText({ endpoint: join(tmpdir(), 'vitrine-0123456789ab.sock') })],
  ['of a process that is gone, behind a file', lockText({ pid: 2 ** 22 + 7, endpoint: '/' })],
  ['of another machine', lockText({ host: 'another-machine' })],
  ['of a file that is no socket', lockText({ endpoint: join(top, 'precious') })],
  ['without fields', '{}'],
  ['cut off', '{"pid": 1'],
]

function lockText(fields: object): string {
  const endpoint = join(top, 'nothing')
  return JSON.stringify({ ...ownProcess(), began: 1, endpoint, ...fields })
}

for (const [name, text] of stale) {
  test(`a lock that no process holds is removed: ${name}`, async () => {
    const folder = newFolder(name)
    writeFileSync(join(top, 'precious'), 'mine')
    writeFileSync(join(folder, 'train-0123456789ab.lock'), text)
    const lock = await FolderLock.take(folder, signal)
    assert.equal(locksIn(folder).length, 1)
    assert.not.ok(locksIn(folder).includes('train-0123456789ab.lock'))
    await lock!.release()
    assert.is(readFileSync(join(top, 'precious'), 'utf8'), 'mine', 'only sockets of ours go')
  })
}

test('a socket of ours that was left behind is removed with its lock', async () => {
  const folder = newFolder('left')
  const endpoint = join(tmpdir(), 'vitrine-abcdef012345.sock')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(endpoint, resolve))
  writeFileSync(join(folder, 'train-abcdef012345.lock'), lockText({ endpoint }))
  await rejects(FolderLock.take(folder, signal), SourceError, /is training in/)
  await new Promise((resolve) => server.close(resolve))
  await (await FolderLock.take(folder, signal))!.release()
  assert.equal(readdirSync(folder), [])
})

const train = await material(top)
const flags = '--total_steps 40 --warmup_steps 1 --batch 6 --threads 1 --checkpoint_every 3'.split(
  ' ',
)

test('a second process is refused, and goes on as soon as the first was killed', async () => {
  const workdir = join(top, 'run')
  const command = [...train, ...flags, '--workdir', workdir]
  const first = start(command)
  const ended = result(first)
  const refusal = new Promise<Awaited<ReturnType<typeof run>>>((resolve) => {
    const watcher = watch(top, { recursive: true }, (_, name) => {
      if (!name?.endsWith('checkpoint_3.safetensors')) return
      watcher.close()
      // Stopped, it still has the folder: what the second process does takes as long as it likes.
      first.kill('SIGSTOP')
      resolve(run(command))
    })
  })
  const { code, stderr } = await refusal
  assert.is(code, 1)
  assert.match(stderr, new RegExp(`Process ${first.pid} is training in .*run, since`))
  first.kill('SIGKILL')
  await ended
  assert.is(locksIn(workdir).length, 1, 'the lock of the killed process')
  const second = await run(command)
  assert.is(second.code, 0, second.stderr)
  assert.match(second.stderr, /goes on after update/)
  assert.equal(locksIn(workdir), [])
})

test('a run that was killed before its first state begins anew, and so does its log', async () => {
  const workdir = join(top, 'early')
  mkdirSync(workdir)
  writeFileSync(join(workdir, 'train.jsonl'), '{"step":1,"loss":9}\n{"step":2,"lo')
  writeFileSync(join(workdir, 'best.safetensors'), 'of the run before')
  const drafts = ['checkpoint_3.safetensors', 'best.safetensors', 'other.safetensors'].map((name) =>
    draftOf(join(workdir, name)),
  )
  for (const draft of drafts) writeFileSync(draft, 'cut off')
  const more = ['--workdir', workdir, '--total_steps', '3', '--validation', '0']
  const { code, stderr } = await run([...train, ...flags, ...more])
  assert.is(code, 0, stderr)
  const steps = readJSONLines(readFileSync(join(workdir, 'train.jsonl'), 'utf8'))
    .filter(({ loss }) => loss !== undefined)
    .map(({ step }) => step)
  assert.equal(steps, [1, 2, 3])
  assert.not.ok(readdirSync(workdir).includes('best.safetensors'))
  assert.equal(
    drafts.map((draft) => existsSync(draft)),
    [false, false, true],
    'what it was writing is removed, and nothing of others',
  )
})

test.run()
