import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lockFile, tryLockFile } from '../../../../src/hub/cache/node/lock.ts'
import { isGone, ownProcess } from '../../../../src/platform/node/files.ts'

async function withFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-lock-'))
  try {
    await run(join(folder, 'lock'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('one at a time, in whatever order', async () => {
  await withFolder(async (path) => {
    let inside = 0
    const run = async () => {
      const unlock = await lockFile(path)
      assert.is(++inside, 1)
      await new Promise((resolve) => setTimeout(resolve, 5))
      inside--
      await unlock()
    }
    await Promise.all(Array.from({ length: 8 }, run))
    const unlock = await lockFile(path)
    assert.is(await tryLockFile(path), undefined)
    await unlock()
    await (await tryLockFile(path))!()
  })
})

test('a dead owner’s lock is taken at once, by one of the waiting', async () => {
  await withFolder(async (path) => {
    // No process has a number that large.
    writeFileSync(path, JSON.stringify({ ...ownProcess(), pid: 2 ** 30, id: 'dead' }))
    let inside = 0
    const run = async () => {
      const unlock = await lockFile(path)
      assert.is(++inside, 1)
      await new Promise((resolve) => setTimeout(resolve, 20))
      inside--
      await unlock()
    }
    await Promise.all([run(), run(), run()])
  })
})

test('an earlier process of the same pid is gone, one of another container may live', () => {
  const own = ownProcess()
  assert.is(isGone(own), false)
  assert.is(isGone({ ...own, started: own.started - 60_000 }), true)
  assert.is(isGone({ ...own, host: `${own.host}x`, started: own.started - 60_000 }), false)
  assert.is(isGone({ ...own, pid: 2 ** 30 }), true)
})

test('a lock of an earlier process of the same number is taken at once', async () => {
  await withFolder(async (path) => {
    const { started, ...own } = ownProcess()
    writeFileSync(path, JSON.stringify({ ...own, started: started - 60_000, id: 'dead' }))
    let waits = 0
    await (await lockFile(path, { onWait: () => waits++ }))()
    assert.is(waits, 0)
  })
})

test('a malformed lock record is waited for without an error', async () => {
  for (const text of ['', '{}', 'null', '[]', '{"pid":"1","host":5}', '{"pid":{}}', 'x']) {
    await withFolder(async (path) => {
      writeFileSync(path, text)
      assert.is(await tryLockFile(path), undefined, text)
    })
  }
})

test('a living owner’s lock is waited for; an abort ends the wait', async () => {
  await withFolder(async (path) => {
    const unlock = await lockFile(path)
    const controller = new AbortController()
    let waits = 0
    const reason = new Error('enough')
    const waiting = lockFile(path, {
      signal: controller.signal,
      onWait: () => {
        waits++
        controller.abort(reason)
      },
    })
    assert.is(await waiting.catch((error) => error), reason)
    assert.is(waits, 1)
    await unlock()
  })
})

test.run()
