import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { VitrineError } from '../../src/errors.ts'
import { FolderCache } from '../../src/hub/cache/node/folder.ts'
import { memoryBlobs } from '../../src/hub/cache/web/memory.ts'
import { SegmentCache } from '../../src/hub/cache/web/segments.ts'
import * as hub from '../../src/hub/index.ts'
import { load } from '../../src/index.ts'
import { withCache } from '../cache.ts'

// JavaScript has no types: whatever is passed, the error is one of ours and says what was expected.

const folder = mkdtempSync(join(tmpdir(), 'vitrine-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))

/** One value of every kind. */
const values: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  5n,
  '',
  'text',
  'a\u0000b',
  Symbol('s'),
  [],
  [1],
  {},
  () => {},
  new Date(0),
  new Map(),
]

const any = (value: unknown) => value as never

async function fails(what: string, call: () => unknown): Promise<boolean> {
  try {
    await call()
    return false
  } catch (error) {
    assert.instance(error, VitrineError, `${what}: ${(error as Error)?.stack ?? String(error)}`)
    assert.not.match((error as Error).message, /\[object|undefined is not|is not a function/)
    return true
  }
}

/** For messages of this test. */
const show = (value: unknown) => (typeof value === 'symbol' ? 'a symbol' : `${typeof value}`)

/** Every option, and the values above that are right for it. */
const options: Readonly<Record<string, readonly unknown[]>> = {
  url: [],
  endpoint: [],
  token: ['', 'text'],
  offline: [true],
  cache: [],
  maxCacheBytes: [0, Number.POSITIVE_INFINITY],
  fetch: [values.find((value) => typeof value === 'function')],
  onNotice: [values.find((value) => typeof value === 'function')],
  timeout: [],
  retryDelay: [0],
}

test('every option of the hub', async () => {
  for (const [name, right] of Object.entries(options)) {
    for (const value of values) {
      const what = `${name}: ${show(value)}`
      const given = { [name]: value } as hub.HubOptions
      const failed = await fails(what, () => hub.listPublished('b_16', { cache: false, ...given }))
      const isRight = right.some((one) => Object.is(one, value))
      assert.is(failed, !isRight, what)
      const offline = { offline: true, cache: false, ...given } as const
      await fails(what, () => hub.listAugReg('B/16', offline))
      await fails(what, () => load('B_16', { hub: { ...offline, offline: true } }))
    }
  }
  for (const value of values) {
    const isRight = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isRight) continue
    assert.ok(await fails(show(value), () => hub.listPublished('', any(value))))
  }
})

test('arguments of every function', async () => {
  const cache = new FolderCache(join(folder, 'hub'))
  const offline = { offline: true, cache: false } as const
  const covered = ['listPublished', 'listRepositories', 'listAugReg', 'openCache', 'verifyEntry']
  assert.equal(Object.keys(hub).sort(), [...covered].sort(), 'a new function has a line here')
  for (const value of values) {
    const isText = typeof value === 'string'
    assert.is(await fails('query', () => hub.listPublished(any(value))), !isText, show(value))
    assert.is(await fails('query', () => hub.listRepositories(any(value))), !isText, show(value))
    assert.ok(await fails('query', () => hub.listAugReg(any(value), offline)), show(value))
    assert.ok(await fails('signal', () => hub.listAugReg('B/16', offline, any(value))))
    assert.ok(await fails('cache', () => hub.verifyEntry(any(value), 'abc')), show(value))
    assert.ok(await fails('key', () => hub.verifyEntry(cache, any(value))), show(value))
    assert.ok(await fails('signal', () => hub.verifyEntry(cache, 'abc', any(value))))
  }
  await fails('none', () => (hub.verifyEntry as () => unknown)())
  await fails('none', () => (hub.listAugReg as () => unknown)())
})

for (const cache of [
  new FolderCache(join(folder, 'hub')),
  new SegmentCache('memory', 'here', memoryBlobs()),
]) {
  test(`keys of a cache: ${cache.kind}`, async () => {
    for (const value of [...values, '../x', 'A', 'a/b', 'a'.repeat(65)]) {
      for (const name of ['find', 'begin', 'lock', 'remove'] as const) {
        assert.ok(await fails(`${name} ${show(value)}`, () => cache[name](any(value))), name)
      }
    }
    assert.equal(await cache.list(), { whole: [], partial: [] })
  })
}

test('sources that make no sense', async () => {
  for (const source of [
    'file:///tmp/100%.safetensors',
    'file://host/x',
    'file:///a%00b',
    'file:',
    'http://%zz@127.0.0.1:1/',
    'http://user:%e0%a4%a@127.0.0.1:1/',
    'http://',
    'https:',
    'http://[::1',
    'http://a b/',
    'gs:',
    'gs://',
    'hf:',
    'hf://',
    'augreg:',
    'augreg:constructor=1',
    'augreg:__proto__=x',
    's3://bucket/x',
    'data:',
    'blob:nothing',
    'a\u0000b',
    '\ud800',
    'x'.repeat(100_000),
    ...values,
  ]) {
    const isBytes = source === undefined
    if (isBytes) continue
    const hub = { offline: true, cache: false } as const
    assert.ok(await fails(`load ${show(source)}`, () => load(any(source), { hub })), show(source))
    assert.ok(await fails(`open ${show(source)}`, () => openCheckpoint(any(source))), show(source))
    if (typeof source === 'string' && URL.canParse(source)) {
      assert.ok(await fails(source, () => load(new URL(source), { hub })), source)
    }
  }
})

test(
  'variables of the environment',
  withCache(async () => {
    const wrong = {
      VITRINE_HUB_URL: ['x', 'ftp://x', 'http://h/?q', 'http://%zz@h/', 'http://'],
      HF_ENDPOINT: ['x', 'file:///x', 'https://h/#f'],
      HF_TOKEN: ['a\u0001b', 'two words', 'ü'],
      VITRINE_CACHE_MAX: ['much', '-1', '1e400GB', 'NaN', '20 cm'],
    }
    for (const [name, texts] of Object.entries(wrong)) {
      const before = process.env[name]
      for (const text of texts) {
        process.env[name] = text
        try {
          assert.ok(await fails(`${name}=${text}`, () => hub.listPublished('b_16')), text)
        } finally {
          if (before === undefined) delete process.env[name]
          else process.env[name] = before
        }
      }
    }
  }),
)

test.run()
