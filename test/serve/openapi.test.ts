import Ajv from 'ajv/dist/2020.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { routesOf } from '../../src/serve/routes.ts'
import { base64, get, jsonOf, post, rocket, served } from './harness.ts'

const server = await served({ maxItems: 5 })
const document = await jsonOf(await get(server, '/openapi.json'))
// `format: binary` is no check.
const ajv = new Ajv({ strict: false, formats: { binary: true } })
ajv.addSchema(document, 'openapi')

const conforms = (value: unknown, name: string) => {
  const validate = ajv.getSchema(`openapi#/components/schemas/${name}`)!
  assert.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)}`)
}

test('it names every route, with its parameters, and no other', () => {
  assert.is(document.openapi, '3.1.0')
  const state = { version: '', isReady: () => true, metrics: () => '' }
  const routes = routesOf(state, true)
  const named = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  assert.equal(named.sort(), routes.map(({ method, path }) => `${method} ${path}`).sort())
  const ids = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap(
    (methods) => Object.values(methods).map(({ operationId }) => operationId),
  )
  assert.is(new Set(ids).size, ids.length)
  const { parameters } = document.paths['/v2/models/{model}/versions/{version}/infer'].post
  assert.equal(
    parameters.map(({ name }: { name: string }) => name),
    ['model', 'version', 'Inference-Header-Content-Length'],
  )
  assert.equal(parameters[0].schema.enum, ['ti'])
})

test('every reference leads to a schema, and every schema compiles', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)]
  assert.ok(references.length > 20)
  for (const [, path] of references) {
    const found = path!
      .slice(1)
      .split('/')
      .reduce((at, key) => at?.[key], document)
    assert.ok(found, path)
  }
  for (const name of Object.keys(document.components.schemas)) {
    assert.ok(ajv.getSchema(`openapi#/components/schemas/${name}`), name)
  }
})

test('its limits are the server’s', async () => {
  assert.is(document.components.schemas.EmbeddingsRequest.properties.input.anyOf[1].maxItems, 5)
  const without = await served({ page: false })
  const { paths } = await jsonOf(await get(without, '/openapi.json'))
  assert.is(paths['/'], undefined)
  assert.is((await get(without, '/')).status, 404)
  without.dispose()
})

test('answers are as their schemas say', async () => {
  const rows = [
    ['/v2', 'ServerMetadata'],
    ['/v2/health/live', 'Live'],
    ['/v2/health/ready', 'Ready'],
    ['/v2/models/ti', 'ModelMetadata'],
    ['/v2/models/ti/ready', 'ModelReady'],
    ['/v1/models', 'ModelList'],
    ['/v2/models/other', 'Error'],
  ] as const
  for (const [path, name] of rows) conforms(await jsonOf(await get(server, path)), name)
  const data = [base64(rocket)]
  const infer = {
    id: '1',
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], data }],
    outputs: [{ name: 'logits', parameters: { classification: 2 } }, { name: 'embedding' }],
  }
  conforms(infer, 'InferRequest')
  conforms(await jsonOf(await post(server, '/v2/models/ti/infer', infer)), 'InferResponse')
  const classify = { inputs: data, parameters: { top_k: 2 } }
  conforms(classify, 'ClassifyRequest')
  for (const scores of await jsonOf(await post(server, '/classify', classify))) {
    conforms(scores, 'Scores')
  }
  const embed = { input: data, modality: 'image' }
  conforms(embed, 'EmbeddingsRequest')
  conforms(await jsonOf(await post(server, '/v1/embeddings', embed)), 'EmbeddingsResponse')
  conforms(await jsonOf(await post(server, '/v1/embeddings', {})), 'OpenAIError')
  conforms(await jsonOf(await post(server, '/classify', 'x')), 'Error')
})

test.after(() => server.dispose())
test.run()
