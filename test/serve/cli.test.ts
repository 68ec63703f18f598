import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseLines, result, run, start, temporaryFolder } from '../cli/run.ts'
import { tinyLiT, tinyVocabulary, writeRandom, writeTiny } from '../cli/tiny-model.ts'
import { base64, jsonOf, rocket } from './harness.ts'

const folder = temporaryFolder()
const tiny = join(folder, 'tiny.safetensors')
test.before(() => writeTiny(tiny))

/** Starts `vitrine serve` on a free port and waits until it is ready. */
async function serve(...args: readonly string[]) {
  const child = start(['serve', '--port', '0', '--threads', '1', ...args])
  const ended = result(child)
  let text = ''
  while (!/^ready: /m.test(text)) {
    const [data] = await Promise.race([once(child.stderr, 'data'), ended.then(() => [])])
    assert.ok(data, `it ended: ${text}`)
    text += data
  }
  const [, url] = /^listening on (http:\S+)/m.exec(text)!
  return { child, ended, url: url! }
}

const post = (url: string, path: string) =>
  fetch(new URL(path, url), { method: 'POST', body: rocket })

test('SIGTERM while requests run: all are answered, and the code is 0', async () => {
  const { child, ended, url } = await serve('--drain', '200', '--log')
  const first = await post(url, 'classify')
  assert.is((await jsonOf(first))[0].index, 540)
  const many = Array.from({ length: 12 }, () => post(url, 'classify'))
  // When one is answered, the others are in the queue.
  await Promise.race(many)
  child.kill('SIGTERM')
  for (const answer of many) assert.is((await answer).status, 200)
  const { code, stdout, stderr } = await ended
  assert.is(code, 0)
  assert.match(stderr, /ending: requests that run are finished/)
  const records = parseLines(stdout)
  assert.is(records.length, 13)
  for (const { route, status, model, items } of records) {
    assert.equal([route, status, model, items], ['/classify', 200, 'vit-ti16', 1])
  }
})

test('several models, by names of their own and of their files', async () => {
  const { child, ended, url } = await serve('--model', `own=${tiny}`, '--model', tiny, '--no-page')
  const { data } = await jsonOf(await fetch(new URL('v1/models', url)))
  assert.equal(
    data.map(({ id }: { id: string }) => id),
    ['own', 'tiny'],
  )
  for (const name of ['own', 'tiny']) {
    const scores = await jsonOf(await post(url, `models/${name}/classify`))
    assert.is(scores.length, 5)
  }
  assert.is((await fetch(url)).status, 404)
  child.kill('SIGINT')
  assert.is((await ended).code, 0)
})

test('a model of images and texts has both, and a model of images beside it too', async () => {
  const lit = join(folder, 'lit.safetensors')
  const vocabulary = join(folder, 'vocab.txt')
  await writeRandom(lit, tinyLiT)
  writeFileSync(vocabulary, tinyVocabulary)
  const models = ['--model', lit, '--model', tiny, '--vocabulary', vocabulary]
  const { child, ended, url } = await serve(...models)
  const ask = async (body: object) => {
    const init = { method: 'POST', body: JSON.stringify(body) }
    return jsonOf(await fetch(new URL('v1/embeddings', url), init))
  }
  const image = `data:image/jpeg;base64,${base64(rocket)}`
  const both = await ask({ model: 'lit', input: ['a photo of cats', image] })
  assert.equal(
    both.data.map(({ embedding }: { embedding: number[] }) => embedding.length),
    [12, 12],
  )
  assert.match((await ask({ model: 'tiny', input: 'a cat' })).error.message, /and no texts/)
  child.kill('SIGTERM')
  assert.is((await ended).code, 0)
})

test('mistakes end it at once, and say what is wrong', async () => {
  const rows = [
    [['--model', join(folder, 'missing.npz')], 1, /missing\.npz/],
    [['--model', tiny, '--model', tiny], 2, /Two models have the name tiny/],
    [['--model', 'own='], 1, /own/],
    [['--port', '70000'], 2, /0 to 65535/],
    [['--allow-urls', 'example.com'], 2, /allowUrls must be an array of origins/],
    [['--overload-status', '500'], 2, /503 or 429/],
    [['--host', '203.0.113.7'], 1, /Can't listen on port 0 of 203\.0\.113\.7/],
  ] as const
  for (const [args, code, message] of rows) {
    const ended = await run(['serve', '--port', '0', '--threads', '1', ...args])
    assert.match(ended.stderr, message)
    assert.is(ended.code, code, args.join(' '))
  }
})

test.run()
