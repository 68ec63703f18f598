import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VitrineError } from '../../../src/errors.ts'
import { parseFacts } from '../../../src/hub/huggingface/facts.ts'
import { load } from '../../../src/index.ts'
import { withHub } from '../setup.ts'

const sha = '0123456789abcdef0123456789abcdef01234567'
const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000)

/** Malformed responses for a repository's description, and the expected errors. */
const answers: readonly (readonly [answer: string, message: RegExp])[] = [
  ['', /not JSON/],
  ['<html>', /not JSON/],
  ['null', /not an object/],
  ['[]', /not an object/],
  ['5', /not an object/],
  ['{}', /sha is not a commit/],
  [JSON.stringify({ sha: 5, siblings: [] }), /sha is not a commit/],
  [JSON.stringify({ sha: [sha], siblings: [] }), /sha is not a commit/],
  [JSON.stringify({ sha }), /siblings is not an array/],
  [JSON.stringify({ sha, siblings: { length: 5 } }), /siblings is not an array/],
  [JSON.stringify({ sha, siblings: [null] }), /siblings\[0\] is not an object/],
  [JSON.stringify({ sha, siblings: [{ rfilename: 'a' }, 5] }), /siblings\[1\] is not an object/],
  [JSON.stringify({ sha, siblings: [{ rfilename: 5 }] }), /siblings\[0\]\.rfilename is not a text/],
  [JSON.stringify({ sha, siblings: [{}] }), /siblings\[0\]\.rfilename is not a text/],
  [deep('[', ']'), /not an object|too deeply/],
  [deep('{"a":', '}').replace(':}', ':1}'), /sha is not a commit|too deeply/],
  [`{"sha":"${sha}","siblings":${deep('[', ']')}}`, /siblings\[0\] is not an object|too deeply/],
]

test('each is a typed error, and is not cached', async () => {
  await withHub(async ({ server, cache }) => {
    const hub = { endpoint: server.url, cache, retryDelay: 1, onNotice() {} }
    for (const [answer, message] of answers) {
      for (const revision of ['main', sha]) {
        server.put(`/api/models/org/odd/revision/${revision}?blobs=true`, Buffer.from(answer))
        const error = await load(`hf:org/odd@${revision}`, { hub }).then(
          () => assert.unreachable(),
          (error) => error,
        )
        assert.instance(error, VitrineError, `${answer.slice(0, 80)}: ${error?.stack}`)
        if (revision === 'main') assert.match(error.message, message)
      }
      assert.equal(await cache.list(), { whole: [], partial: [] })
    }
  })
})

test('names of files that lead elsewhere are none, and odd sizes and hashes say nothing', () => {
  const siblings = [
    { rfilename: '../../etc/passwd', size: 5 },
    { rfilename: '/etc/passwd' },
    { rfilename: 'a//b' },
    { rfilename: 'a\\..\\b' },
    { rfilename: 'a\u0000b' },
    { rfilename: '' },
    { rfilename: 'one', size: '5', lfs: null },
    { rfilename: 'two', size: 5, lfs: { size: -1, sha256: 'x' } },
    { rfilename: 'sub/three', size: 134, lfs: { size: 9, sha256: 'a'.repeat(64) } },
  ]
  const { files, commit } = parseFacts(JSON.stringify({ sha, siblings }), 'x')
  assert.is(commit, sha)
  assert.equal(files, [
    { path: 'one' },
    { path: 'two', size: 5 },
    { path: 'sub/three', size: 9, sha256: 'a'.repeat(64) },
  ])
})

test('a list of a hundred thousand files is read, and not shown whole', async () => {
  await withHub(async ({ server, cache }) => {
    const siblings = Array.from({ length: 100_000 }, (_, i) => ({ rfilename: `${i}.safetensors` }))
    const answer = Buffer.from(JSON.stringify({ sha, siblings }))
    server.put('/api/models/org/odd/revision/main?blobs=true', answer)
    const hub = { endpoint: server.url, cache, retryDelay: 1, onNotice() {} }
    const error = (await load('hf:org/odd', { hub }).catch((error) => error)) as Error
    assert.match(error.message, /several files with weights/)
    assert.ok(error.message.length < 1000)
    const none = (await load('hf:org/odd:x', { hub }).catch((error) => error)) as Error
    assert.ok(none.message.length < 1000)
  })
})

test('malformed tables of AugReg are not cached', async () => {
  await withHub(async ({ server, cache }) => {
    const hub = { url: server.url, cache, retryDelay: 1, onNotice() {} }
    for (const table of ['', '<html>', 'name,ds\n']) {
      server.put('/vit_models/augreg/index.csv', Buffer.from(table))
      const error = await load('augreg:B/16', { hub }).catch((error) => error)
      assert.instance(error, VitrineError)
      assert.match(error.message, /no column/)
      assert.equal(await cache.list(), { whole: [], partial: [] })
    }
  })
})

test.run()
