import os from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { SourceError } from '../../../src/errors.ts'
import { listPublished, openCache } from '../../../src/hub/index.ts'
import { load } from '../../../src/index.ts'
import { cacheFolder } from '../../../src/platform/node/cache-folder.ts'
import { notes } from '../../../src/platform/node/notes.ts'

const names = ['VITRINE_CACHE', 'XDG_CACHE_HOME', 'HOME'] as const
type Environment = Partial<Record<(typeof names)[number], string>>

async function within(given: Environment, run: () => unknown): Promise<void> {
  const before = names.map((name) => [name, process.env[name]] as const)
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  for (const name of names) set(name, given[name])
  try {
    await run()
  } finally {
    for (const [name, value] of before) set(name, value)
  }
}

/** As the system has it, without HOME. */
const { homedir } = os.userInfo()
const usual = join(homedir, '.cache', 'vitrine')

const cases: readonly (readonly [given: Environment, folder: string])[] = [
  [{ VITRINE_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' }, '/a'],
  [{ VITRINE_CACHE: 'a/../b' }, resolve('b')],
  [{ VITRINE_CACHE: '', XDG_CACHE_HOME: '/b', HOME: '/c' }, '/b/vitrine'],
  [{ XDG_CACHE_HOME: 'relative', HOME: '/c' }, '/c/.cache/vitrine'],
  [{ XDG_CACHE_HOME: '', HOME: '/c' }, '/c/.cache/vitrine'],
  [{ HOME: '/' }, '/.cache/vitrine'],
  [{ HOME: '' }, usual],
  [{ HOME: 'relative' }, usual],
  [{}, usual],
]

if (process.platform !== 'linux') {
  console.log('skipping the folders of Linux: this is another system')
} else {
  test('where the cache is', async () => {
    for (const [given, folder] of cases) {
      await within(given, () => assert.is(cacheFolder(), folder, JSON.stringify(given)))
    }
  })

  test('a user without a home: nothing is cached, with one notice', async () => {
    const { userInfo } = os
    os.userInfo = (() => {
      throw new Error('ENOENT: uv_os_get_passwd')
    }) as typeof os.userInfo
    try {
      await within({ HOME: '' }, async () => {
        assert.throws(cacheFolder, (error: Error) => error instanceof SourceError)
        const error = await openCache().catch((error) => error)
        assert.match(error.message, /no home folder.*VITRINE_CACHE/)
        notes.remember('name', 'text')
        assert.is(notes.recall('name'), undefined)
        const notices: string[] = []
        const hub = { onNotice: (text: string) => notices.push(text) }
        assert.ok((await listPublished('', hub)).length > 50)
        assert.is(notices.length, 1)
        notices.length = 0
        const failed = await load('B_16', { hub: { ...hub, offline: true } }).catch((e) => e)
        assert.match(failed.message, /not in the cache/)
        assert.equal(
          notices.map((text) => /nothing is cached/.test(text)),
          [true],
        )
      })
    } finally {
      os.userInfo = userInfo
    }
  })
}

test.run()
