import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lockFile, tryLockFile } from '../../src/hub/cache/lock.ts'

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

test('a dead owner’s lock is taken at once, by one of those who wait', async () => {
  await withFolder(async (path) => {
    // No process has a number that large.
    writeFileSync(path, JSON.stringify({ pid: 2 ** 30, host: hostname(), id: 'dead' }))
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
