import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nameOfUrl, visible, withoutSecretsInError } from '../../src/platform/url-name.ts'

const names: readonly (readonly [url: string, name: string])[] = [
  ['https://example.org/a/b.npz', 'https://example.org/a/b.npz'],
  ['https://user:SECRET@example.org:8443/m.npz?k=SECRET#SECRET', 'https://example.org:8443/m.npz'],
  ['gs://bucket/file?sig=SECRET', 'gs://bucket/file'],
  ['file:///tmp/a%20b?SECRET', 'file:///tmp/a%20b'],
  ['data:image/png;base64,SECRET', 'data:image/png'],
  ['data:,SECRET', 'data:text/plain'],
  ['data:SECRET', 'data:text/plain'],
  ['blob:https://example.org/1-2#SECRET', 'blob:https://example.org/1-2'],
  // A proxy without its scheme: the user is read as one.
  ['user:SECRET@proxy:3128', 'proxy:3128'],
  // No URLs: a slash, a question mark or a blank where none may be.
  ['http://user:SEC/SECRET@host/x', 'http://…'],
  ['http://user:SEC?SECRET@host/x', 'http://…'],
  ['http://user:SECRET@ho st/x', 'http://…'],
  ['http://ho st/x?SECRET', 'http://ho st/x'],
  ['no url\u001b[31m\u202e', 'no url\\u{1b}[31m\\u{202e}'],
  ['', ''],
]

test('a URL is named by its origin and path', () => {
  for (const [url, name] of names) assert.is(nameOfUrl(url), name, url)
  assert.is(nameOfUrl(new URL('https://u:p@example.org/x?y#z')), 'https://example.org/x')
  const long = nameOfUrl(`https://example.org/${'x'.repeat(1e6)}/model.npz`)
  assert.ok(long.length <= 200, `${long.length}`)
  assert.match(long, /^https:\/\/example\.org\/x+…x+\/model\.npz$/)
  assert.is(visible('a\r\nb\u0085'), 'a\\u{d}\\u{a}b\\u{85}')
})

test('errors of runtimes that quote a URL are replaced, others are not', () => {
  const plain = new Error('connect ECONNREFUSED 127.0.0.1:1')
  assert.is(withoutSecretsInError(plain), plain)
  assert.is(withoutSecretsInError(undefined), undefined)
  const quoting = Object.assign(
    new TypeError('fetch failed', {
      cause: new Error('error sending request for url (https://h/x?sig=SECRET): dns error'),
    }),
    { code: 'ECONNRESET' },
  )
  const clean = withoutSecretsInError(quoting) as Error & { code: string }
  assert.is(clean.message, 'fetch failed')
  assert.equal([clean.name, clean.code], ['TypeError', 'ECONNRESET'])
  assert.match((clean.cause as Error).message, /url \(https:\/\/h\/x/)
  assert.not.match((clean.cause as Error).message, /SECRET/)
  const invalid = Object.assign(new TypeError('Invalid URL'), { input: 'http://u:SECRET@h/' })
  assert.not('input' in (withoutSecretsInError(invalid) as object))
})

test.run()
