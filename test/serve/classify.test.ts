import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createServer } from '../../src/serve/index.ts'
import { loadImageText } from '../../src/text/index.ts'
import { asNpz } from '../checkpoint/models.ts'
import { litTensors, tiny, unsaid, vocabularies } from '../text/tiny-lit.ts'
import { base64, chelsea, jsonOf, model, post, rocket, served } from './harness.ts'

const vit = await model()
const texts = await loadImageText(asNpz(litTensors(tiny.bert)), {
  vocabulary: vocabularies.bert,
  config: unsaid.bert,
  threads: 1,
  wide: false,
})
const classifier = await texts.zeroShot(['dog', 'cat', 'red'])
const server = createServer({ ti: vit, lit: texts, animals: classifier })
await server.ready()

test('raw bytes, with and without a Content-Type, in the form of Hugging Face', async () => {
  const expected = (await vit.classify(rocket)).map(({ label, probability, index }) => ({
    label,
    score: probability,
    index,
  }))
  for (const headers of [{}, { 'Content-Type': 'image/jpeg' }]) {
    const response = await post(server, '/classify', new Blob([rocket]), { headers })
    assert.is(response.status, 200)
    same(await jsonOf(response), expected)
  }
  for (const path of ['/classify?model=ti&top_k=2', '/models/ti/classify?top_k=2']) {
    same(await jsonOf(await post(server, path, rocket)), expected.slice(0, 2))
  }
})

test('base64 with parameters, one image and several', async () => {
  const logits = await vit.logits(await vit.pixels(chelsea))
  const best = (await vit.classify(chelsea))[0]!
  const ask = async (inputs: unknown, parameters: object) =>
    jsonOf(await post(server, '/classify', { inputs, parameters }))
  const inputs = base64(chelsea)
  const [none] = await ask(inputs, { top_k: 1, function_to_apply: 'none' })
  assert.equal(none, { label: best.label, index: best.index, score: logits[best.index] })
  const [sigmoid] = await ask(inputs, { top_k: 1, function_to_apply: 'sigmoid' })
  assert.ok(Math.abs(sigmoid.score - 1 / (1 + Math.exp(-logits[best.index]!))) < 1e-6)
  const [softmax] = await ask(inputs, { top_k: 1, function_to_apply: 'softmax' })
  assert.ok(Math.abs(softmax.score - best.probability) < 1e-6)
  const both = await ask([inputs, base64(rocket)], { top_k: 1 })
  assert.is(both.length, 2)
  assert.is(both[0][0].index, best.index)
  assert.is(both[1][0].index, (await vit.classify(rocket))[0]!.index)
  const numbers = await jsonOf(await post(server, '/classify', { image: [...chelsea] }))
  assert.is(numbers[0].index, best.index)
})

test('labels of a request, for a model of images and texts', async () => {
  const labels = ['dog', 'cat', 'a photo of dogs']
  const own = await texts.zeroShot(labels, { templates: ['This is a photo of {}.'] })
  const expected = await own.classify(rocket)
  for (const candidate_labels of [labels, labels.join(', ')]) {
    const body = { inputs: base64(rocket), parameters: { candidate_labels } }
    const answer = await jsonOf(await post(server, '/models/lit/classify', body))
    same(
      answer,
      expected.map(({ label, probability, index }) => ({ label, score: probability, index })),
    )
  }
  const multi = await texts.zeroShot(labels, { templates: ['{}'], multiLabel: true })
  const parameters = { candidate_labels: labels, hypothesis_template: '{}', multi_label: true }
  const body = { inputs: base64(rocket), parameters: { ...parameters, top_k: 1 } }
  const [first] = await jsonOf(await post(server, '/models/lit/classify', body))
  const [best] = await multi.classify(rocket)
  assert.is(first.label, best!.label)
  assert.ok(Math.abs(first.score - best!.probability) < 1e-6)
})

test('a classifier that was made of texts is a model with classes', async () => {
  const expected = await classifier.classify(rocket)
  const answer = await jsonOf(await post(server, '/models/animals/classify', rocket))
  same(
    answer,
    expected.map(({ label, probability, index }) => ({ label, score: probability, index })),
  )
  const body = { inputs: base64(rocket), parameters: { function_to_apply: 'none' } }
  const refused = await post(server, '/models/animals/classify', body)
  assert.is(refused.status, 400)
  assert.match((await jsonOf(refused)).error, /gives probabilities only/)
})

const wrong: readonly (readonly [string, object | string, number, RegExp])[] = [
  ['no inputs', {}, 400, /needs "inputs"/],
  ['no images', { inputs: [] }, 400, /needs "inputs"/],
  ['too many', { inputs: new Array(33).fill('') }, 413, /may have 32 images/],
  ['parameters that are an array', { inputs: '', parameters: [] }, 400, /must be an object/],
  [
    'a parameter that does not exist',
    { inputs: '', parameters: { topk: 1 } },
    400,
    /no parameter "topk"/,
  ],
  ['top_k below 1', { inputs: '', parameters: { top_k: 0 } }, 400, /from 1/],
  [
    'another function',
    { inputs: '', parameters: { function_to_apply: 'max' } },
    400,
    /softmax, sigmoid or none/,
  ],
  [
    'labels for a model without texts',
    { inputs: base64(rocket), parameters: { candidate_labels: ['a'] } },
    400,
    /no text tower/,
  ],
  [
    'an empty label',
    { inputs: '', parameters: { candidate_labels: ['a', ''] } },
    400,
    /none of them empty/,
  ],
  [
    'a template without a place',
    { inputs: '', parameters: { hypothesis_template: 'a' } },
    400,
    /with \{\}/,
  ],
  ['an image that is a text', { image: 'abc' }, 400, /from 0 to 255/],
  ['two images', { image: [1], inputs: '' }, 400, /not both/],
  ['a number that is no byte', { image: [256] }, 400, /from 0 to 255/],
  ['an empty body', '', 400, /is empty/],
  ['a text', 'hello', 400, /./],
  ['a data: URL that is no base64', { inputs: 'data:image/png,abc' }, 400, /must be in base64/],
  ['a URL', { inputs: 'http://169.254.169.254/latest' }, 400, /fetches no such URL/],
]

for (const [name, body, status, message] of wrong) {
  test(`${name}: ${status}`, async () => {
    const response = await post(server, '/classify', body)
    assert.match((await jsonOf(response)).error, message)
    assert.is(response.status, status)
  })
}

test('what stands behind the question mark is checked for every body', async () => {
  for (const body of [rocket, { inputs: base64(rocket) }]) {
    const two = await jsonOf(await post(server, '/classify?top_k=2', body))
    assert.is(two.length, 2)
    for (const wrong of ['0', '-1', 'two', '1.5', '']) {
      const response = await post(server, `/classify?top_k=${wrong}`, body)
      assert.is(response.status, 400, wrong)
    }
  }
})

test('a model without classes, and one that does not exist', async () => {
  const none = await post(server, '/models/lit/classify', rocket)
  assert.is(none.status, 400)
  assert.match(
    (await jsonOf(none)).error,
    /no classes of its own: give parameters.candidate_labels/,
  )
  assert.is((await post(server, '/models/b/classify', rocket)).status, 404)
  assert.is((await post(server, '/classify?model=b', rocket)).status, 404)
})

test('an image of several that is wrong is named', async () => {
  const inputs = [base64(rocket), base64(rocket.subarray(0, 20))]
  const response = await post(server, '/classify', { inputs })
  assert.is(response.status, 400)
  assert.match((await jsonOf(response)).error, /^Image 1: /)
})

test('an image of more pixels than allowed is refused by its header', async () => {
  const small = await served({ maxPixels: 1000 })
  // What follows the header is missing, and nobody looks for it.
  const response = await post(small, '/classify', chelsea.slice(0, 100))
  assert.is(response.status, 413)
  assert.match((await jsonOf(response)).error, /the limit is 1000/)
  small.dispose()
})

function same(found: { score: number }[], expected: { score: number }[]): void {
  const bare = (all: { score: number }[]) => all.map(({ score: _, ...rest }) => rest)
  assert.equal(bare(found), bare(expected))
  for (const [i, { score }] of found.entries()) {
    assert.ok(Math.abs(score - expected[i]!.score) < 1e-6)
  }
}

test.after(() => {
  server.dispose()
  texts.dispose()
})
test.run()
