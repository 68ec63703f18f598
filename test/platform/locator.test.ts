import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ArgumentError, SourceError } from '../../src/errors.ts'
import { completeUrl } from '../../src/platform/complete-url.ts'
import { locate, pathOfFileUrl } from '../../src/platform/locator.ts'
import { rejects } from '../checkpoint/collect.ts'
import { temporaryFolder } from '../cli/run.ts'

test("a URL that a bundler made relative is completed by the page's", () => {
  const relative = Object.create(URL.prototype, { href: { value: '/media/cat.png' } }) as URL
  const page = 'https://pets.example/cats/'
  assert.is(completeUrl(relative, page).href, 'https://pets.example/media/cat.png')
  assert.throws(
    () => completeUrl(relative, undefined),
    (error: Error) =>
      error instanceof SourceError && /^A bundler made \/media\/cat\.png /.test(error.message),
  )
  const absolute = new URL('https://other.example/cat.png')
  assert.is(completeUrl(absolute, page), absolute)
})

test('an existing file takes precedence, whatever its name', async () => {
  const folder = temporaryFolder()
  const before = process.cwd()
  process.chdir(folder)
  try {
    const names = [
      'screenshot-12:30:01.safetensors',
      'my:model.npz',
      'hf:x',
      'B_16',
      'data:x',
      'http:x',
    ]
    for (const name of names) {
      assert.not.equal((await locate(name)).kind, 'path', name)
      writeFileSync(name, 'x')
      assert.equal(await locate(name), { kind: 'path', path: name })
    }
  } finally {
    process.chdir(before)
  }
  assert.equal(await locate(join(folder, 'B_16')), { kind: 'path', path: join(folder, 'B_16') })
})

test('URLs and names', async () => {
  for (const url of [
    'https://example.org/x',
    'HTTP:x',
    'file:///tmp/x',
    'data:,x',
    'blob:https://example.org/1',
    's3://bucket/x',
  ]) {
    assert.equal(await locate(url), { kind: 'url', url: new URL(url) }, url)
  }
  for (const name of [
    '',
    'B_16',
    'C:\\x.npz',
    'c:/x',
    'hf:org/name',
    'hf://name:file',
    'a:b',
    'a/b:c',
  ]) {
    assert.equal(await locate(name), { kind: 'name', name }, name)
  }
  await rejects(locate('http://user:SECRET@ho st/'), ArgumentError, /http:\/\/… is not a URL/)
  await rejects(locate('https://'), ArgumentError, /is not a URL/)
})

test('paths of file URLs', () => {
  assert.is(pathOfFileUrl(new URL('file:///tmp/a%20b')), '/tmp/a b')
  assert.is(pathOfFileUrl(new URL('file:///C:/a')), 'C:/a')
  for (const [url, message] of [
    ['file:///tmp/100%.safetensors', /percent sign as %25/],
    ['file://server/x', /names the host server/],
    ['file:///a%00b', /zero byte/],
  ] as const) {
    assert.throws(
      () => pathOfFileUrl(new URL(url)),
      (error: Error) => error instanceof ArgumentError && message.test(error.message),
    )
  }
})

test.run()
