import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createServer } from '../../src/serve/index.ts'
import { loadImageText } from '../../src/text/index.ts'
import { asNpz } from '../checkpoint/models.ts'
import { litTensors, tiny, unsaid, vocabularies } from '../text/tiny-lit.ts'
import { base64, get, jsonOf, model, post, rocket } from './harness.ts'

const vit = await model()
const lit = await loadImageText(asNpz(litTensors(tiny.bert)), {
  vocabulary: vocabularies.bert,
  config: unsaid.bert,
  threads: 1,
  wide: false,
})
const server = createServer({ ti: vit, lit })
await server.ready()
const url = `data:image/jpeg;base64,${base64(rocket)}`
const ask = (body: object) => post(server, '/v1/embeddings', body)

test('an image as a data: URL, and in base64 with its modality', async () => {
  const expected = [...(await vit.embed(rocket, { normalize: true }))]
  for (const body of [
    { input: url },
    { model: 'ti', input: [url] },
    { model: 'ti', input: base64(rocket), modality: 'image', encoding_format: 'float' },
    { model: 'ti', input: url, dimensions: 192, user: 'me' },
  ]) {
    const { object, data, model, usage } = await jsonOf(await ask(body))
    assert.equal([object, model, data.length], ['list', 'ti', 1])
    assert.equal(usage, { prompt_tokens: 0, total_tokens: 0 })
    assert.equal(data[0], { object: 'embedding', index: 0, embedding: expected })
  }
})

test('base64 is that of little-endian floats', async () => {
  const { data } = await jsonOf(await ask({ input: url, encoding_format: 'base64' }))
  const bytes = Uint8Array.from(Buffer.from(data[0].embedding, 'base64'))
  assert.equal(
    [...new Float32Array(bytes.buffer)],
    [...(await vit.embed(rocket, { normalize: true }))],
  )
})

test('images and texts in one request, in their order', async () => {
  const input = ['a dog', url, 'a photo of cats']
  const { data, usage } = await jsonOf(await ask({ model: 'lit', input }))
  const [dog, cats] = await lit.embedText(['a dog', 'a photo of cats'])
  const vectors = [dog!, await lit.embed(rocket), cats!]
  for (const [i, vector] of vectors.entries()) {
    const length = Math.hypot(...vector)
    const off = data[i].embedding.map((x: number, k: number) => Math.abs(x - vector[k]! / length))
    assert.is(data[i].index, i)
    assert.is(off.length, 10)
    assert.ok(Math.max(...off) < 1e-6)
  }
  assert.ok(usage.prompt_tokens > 0)
})

test('the models, in the form of OpenAI', async () => {
  const { object, data } = await jsonOf(await get(server, '/v1/models'))
  assert.is(object, 'list')
  assert.equal(
    data.map(({ id, ready }: { id: string; ready: boolean }) => [id, ready]),
    [
      ['ti', true],
      ['lit', true],
    ],
  )
})

const wrong: readonly (readonly [string, object | string, number, RegExp])[] = [
  ['no input', {}, 400, /"input" must be/],
  ['an empty text', { input: '' }, 400, /none of them empty/],
  ['tokens', { input: [1, 2] }, 400, /"input" must be/],
  ['too many', { input: new Array(33).fill('a') }, 413, /may have 32 inputs/],
  ['a text for a model of images', { input: 'hello' }, 400, /takes images, and no texts/],
  ['fewer dimensions', { input: url, dimensions: 64 }, 400, /192 numbers, and no shorter/],
  ['another format', { input: url, encoding_format: 'int8' }, 400, /float or base64/],
  ['another modality', { input: url, modality: 'audio' }, 400, /image or text, not "audio"/],
  ['a user that is a number', { input: url, user: 7 }, 400, /"user" must be a text/],
  ['a model that does not exist', { model: 'gpt', input: url }, 404, /no model "gpt"/],
  ['no JSON', 'hello', 400, /must be JSON/],
]

for (const [name, body, status, message] of wrong) {
  test(`${name}: ${status}, told as OpenAI does`, async () => {
    const response = await ask(body as object)
    const { error } = await jsonOf(response)
    assert.match(error.message, message)
    assert.is(error.type, 'invalid_request_error')
    assert.is(response.status, status)
  })
}

test.after(() => {
  server.dispose()
  lit.dispose()
})
test.run()
