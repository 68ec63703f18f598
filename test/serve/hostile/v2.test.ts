import { readFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ServerProcess, startServer } from '../../../bench/serve/server-process.ts'
import { temporaryFolder } from '../../cli/run.ts'
import { writeTiny } from '../../cli/tiny-model.ts'
import { binary, element, imageInput, inJSON, join, nested, type Sent } from './requests.ts'

const picture = readFileSync(new URL('../../../examples/chelsea.png', import.meta.url))
const base64 = picture.toString('base64')
const pixels = { name: 'prepared', shape: [1, 32, 32, 3], datatype: 'FP32' }
const values = Array.from({ length: 32 * 32 * 3 }, (_, i) => (i % 13) / 13)
const floats = (list: readonly number[]) => new Uint8Array(Float32Array.from(list).buffer)

let server: ServerProcess
let right: string

test.before(async () => {
  const path = joinPath(temporaryFolder(), 'tiny.safetensors')
  await writeTiny(path)
  server = await startServer(['--model', `tiny=${path}`, '--threads', '1'])
  right = await expectRight()
})

test.after(async () => {
  await server?.stop()
})

async function post({ body, headers }: Sent, path = '/v2/models/tiny/infer') {
  const response = await fetch(server.url + path, { method: 'POST', body, headers })
  return { status: response.status, text: await response.text() }
}

/** What a right request is answered, now as before. */
async function expectRight(): Promise<string> {
  const { status, text } = await post(inJSON({ inputs: [{ ...pixels, data: values }] }))
  assert.is(status, 200, text)
  return text
}

async function expectHealthy(): Promise<void> {
  const response = await fetch(`${server.url}/v2/health/ready`)
  assert.is(response.status, 200)
  await response.arrayBuffer()
  assert.is(await expectRight(), right)
}

/** The request is refused with a status and a reason, and what comes after it is answered. */
async function expectRefused(name: string, sent: Sent, status = 400): Promise<void> {
  const answer = await post(sent)
  assert.is(answer.status, status, `${name}: ${answer.text.slice(0, 300)}`)
  const body = JSON.parse(answer.text)
  assert.equal(Object.keys(body), ['error'], name)
  assert.type(body.error, 'string', name)
  assert.ok(body.error.length > 0 && body.error.length < 1000, `${name}: ${body.error.length}`)
  await expectHealthy()
}

const refusals = (title: string, cases: Record<string, Sent>, status = 400) =>
  test(title, async () => {
    for (const [name, sent] of Object.entries(cases)) await expectRefused(name, sent, status)
  })

const image = element(picture)

test('raw binary: the body is the only input', async () => {
  const raw = await fetch(`${server.url}/v2/models/tiny/infer`, {
    method: 'POST',
    body: picture,
    headers: { 'inference-header-content-length': '0' },
  })
  assert.is(raw.status, 200)
  const length = Number(raw.headers.get('inference-header-content-length'))
  const bytes = new Uint8Array(await raw.arrayBuffer())
  const described = JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)))
  const sizes = described.outputs.map(
    (one: { parameters: { binary_data_size: number } }) => one.parameters.binary_data_size,
  )
  assert.is(
    length + sizes.reduce((sum: number, size: number) => sum + size, 0),
    bytes.length,
    'outputs are binary',
  )
})

refusals('raw binary that is no image, and none at all', {
  'no image': { body: floats(values), headers: { 'inference-header-content-length': '0' } },
  nothing: { body: new Uint8Array(), headers: { 'inference-header-content-length': '0' } },
})

refusals('more or fewer elements than the shape says', {
  'two of one': binary({ inputs: [imageInput(join(image, image))] }, join(image, image)),
  'one of two': binary({ inputs: [imageInput(image, { shape: [2] })] }, image),
  'two of one in JSON': inJSON({
    inputs: [imageInput(image, { parameters: {}, data: [base64, base64] })],
  }),
  'two of one, one empty': binary(
    { inputs: [imageInput(join(image, element(new Uint8Array())))] },
    join(image, element(new Uint8Array())),
  ),
  'values left over': inJSON({ inputs: [{ ...pixels, data: [...values, 1] }] }),
  'a value too few': inJSON({ inputs: [{ ...pixels, data: values.slice(1) }] }),
  'bytes left over': binary({ inputs: [imageInput(image)] }, join(image, image)),
  'floats and a byte': binary(
    { inputs: [{ ...pixels, parameters: { binary_data_size: values.length * 4 + 1 } }] },
    join(floats(values), new Uint8Array(1)),
  ),
})

refusals('lengths of elements that do not hold', {
  'four gigabytes': binary(
    { inputs: [imageInput(element(picture, 2 ** 32 - 1))] },
    element(picture, 2 ** 32 - 1),
  ),
  'one byte more': binary(
    { inputs: [imageInput(element(picture, picture.length + 1))] },
    element(picture, picture.length + 1),
  ),
  'half a length': binary({ inputs: [imageInput(new Uint8Array(3))] }, new Uint8Array(3)),
  'an empty image': binary(
    { inputs: [imageInput(element(new Uint8Array()))] },
    element(new Uint8Array()),
  ),
})

refusals('several inputs', {
  'the same twice': binary({ inputs: [imageInput(image), imageInput(image)] }, join(image, image)),
  'image and pixels': inJSON({
    inputs: [imageInput(image, { parameters: {}, data: [base64] }), { ...pixels, data: values }],
  }),
  none: inJSON({ inputs: [] }),
  'ten thousand': inJSON({ inputs: Array(10_000).fill({ ...pixels, data: [] }) }),
  'no list': inJSON({ inputs: { ...pixels, data: values } }),
})

const shaped = (shape: unknown, data: unknown = values) =>
  inJSON({ inputs: [{ ...pixels, shape, data }] })

refusals('shapes whose product overflows', {
  '2^64': shaped([2 ** 32, 2 ** 32, 1, 1]),
  '2^64 of nothing': shaped([2 ** 32, 2 ** 32, 1, 1], []),
  'wraps to the right count in 32 bits': shaped([2 ** 32 + 1, 32, 32, 3]),
  'wraps to the right count in 64 bits': inJSON(
    `{"inputs":[{"name":"prepared","datatype":"FP32","shape":[1,32,6148914691236517209,3],"data":[${values}]}]}`,
  ),
  '2^63 - 1': inJSON(
    `{"inputs":[{"name":"image","datatype":"BYTES","shape":[9223372036854775807],"data":["${base64}"]}]}`,
  ),
  'more than a double': inJSON(
    `{"inputs":[{"name":"image","datatype":"BYTES","shape":[1e400],"data":["${base64}"]}]}`,
  ),
  'bytes overflow': binary(
    { inputs: [{ ...pixels, shape: [2 ** 62, 32, 32, 3], parameters: { binary_data_size: 0 } }] },
    new Uint8Array(),
  ),
  'a hundred million images': shaped([1e8, 32, 32, 3], []),
})

refusals('shapes that are none', {
  negative: shaped([-1, 32, 32, 3]),
  'two negatives': shaped([-1, -32, 32, 3]),
  'minus zero and zero': shaped([0, 32, 32, 3], []),
  fraction: shaped([1.5, 32, 32, 3]),
  text: shaped(['1', 32, 32, 3]),
  empty: shaped([]),
  null: shaped(null),
  flat: shaped([values.length]),
  'another image size': shaped([1, 48, 64, 1]),
  'a thousand dimensions': shaped([...Array(1000).fill(1), values.length]),
  'negative image': binary({ inputs: [imageInput(image, { shape: [-1] })] }, image),
  'no image': binary({ inputs: [imageInput(new Uint8Array(), { shape: [0] })] }, new Uint8Array()),
})

refusals('sizes of tensors that the body does not have', {
  more: binary(
    { inputs: [imageInput(image, { parameters: { binary_data_size: 2 ** 31 } })] },
    image,
  ),
  '2^63': binary(
    { inputs: [imageInput(image, { parameters: { binary_data_size: 2 ** 63 } })] },
    image,
  ),
  negative: binary(
    { inputs: [imageInput(image, { parameters: { binary_data_size: -1 } })] },
    image,
  ),
  fraction: binary(
    { inputs: [imageInput(image, { parameters: { binary_data_size: 3.5 } })] },
    image,
  ),
  text: binary({ inputs: [imageInput(image, { parameters: { binary_data_size: '9' } })] }, image),
  'data as well': binary({ inputs: [imageInput(image, { data: [base64] })] }, image),
  'neither size nor data': inJSON({ inputs: [{ ...pixels }] }),
})

const rightBinary = { inputs: [imageInput(image)] }

refusals('lengths of the JSON that do not hold', {
  'behind the end': binary(rightBinary, image, '99999999'),
  'within the JSON': binary(rightBinary, image, '10'),
  negative: binary(rightBinary, image, '-1'),
  'no number': binary(rightBinary, image, 'abc'),
  exponent: binary(rightBinary, image, '1e2'),
  'two of them': binary(rightBinary, image, '10, 12'),
  '2^64': binary(rightBinary, image, '18446744073709551616'),
})

refusals('JSON that is deep, broken or something else', {
  'deep data': inJSON(
    `{"inputs":[{"name":"prepared","shape":[1],"datatype":"FP32","data":${nested(100_000)}}]}`,
  ),
  'deep body': inJSON(nested(1_000_000)),
  'deep objects': inJSON(`${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`),
  'half of it': inJSON('{"inputs":['),
  nothing: inJSON(''),
  null: inJSON('null'),
  number: inJSON('17'),
  array: inJSON('[]'),
  'no UTF-8': { body: Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d), headers: {} },
  'no inputs': inJSON('{}'),
  'nested unevenly': shaped([1, 32, 32, 3], [[values], 1]),
  'texts for numbers': shaped([1, 32, 32, 3], values.map(String)),
  'null for numbers': shaped(
    [1, 32, 32, 3],
    values.map(() => null),
  ),
  'numbers for images': inJSON({
    inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', data: [1] }],
  }),
  'no base64': inJSON({
    inputs: [{ name: 'image', shape: [1], datatype: 'BYTES', data: ['%%%'] }],
  }),
})

refusals('numbers that are not finite', {
  'NaN in binary': binary(
    { inputs: [{ ...pixels, parameters: { binary_data_size: values.length * 4 } }] },
    floats(values.map(() => Number.NaN)),
  ),
  'beyond a double': inJSON(
    `{"inputs":[{"name":"prepared","datatype":"FP32","shape":[1,32,32,3],"data":[1e999${',0'.repeat(values.length - 1)}]}]}`,
  ),
  'beyond a float': shaped([1, 32, 32, 3], [1e300, ...values.slice(1)]),
})

const wanting = (outputs: unknown) => inJSON({ inputs: [{ ...pixels, data: values }], outputs })

refusals('outputs that are wrong', {
  'the same twice': wanting([{ name: 'logits' }, { name: 'logits' }]),
  unknown: wanting([{ name: 'nothing' }]),
  'of a prototype': wanting([{ name: 'constructor' }]),
  'no name': wanting([{}]),
  'no list': wanting('logits'),
  'twenty thousand': wanting(Array.from({ length: 20_000 }, (_, i) => ({ name: `o${i}` }))),
  'negative classes': wanting([{ name: 'logits', parameters: { classification: -1 } }]),
  'half a class': wanting([{ name: 'logits', parameters: { classification: 1.5 } }]),
  'classes as text': wanting([{ name: 'logits', parameters: { classification: 'all' } }]),
})

const withParameters = (parameters: unknown) =>
  inJSON({ inputs: [{ ...pixels, data: values }], parameters })

refusals('parameters that are wrong', {
  'negative timeout': withParameters({ timeout: -1 }),
  'timeout as text': withParameters({ timeout: 'soon' }),
  'no object': withParameters([1]),
  'the name of shared memory, a megabyte long': inJSON({
    inputs: [
      { ...pixels, data: values, parameters: { [`shared_memory${'x'.repeat(2 ** 20)}`]: 1 } },
    ],
  }),
  'binary as text': withParameters({ binary_data_output: 'yes' }),
  'an id that is none': inJSON({ id: {}, inputs: [{ ...pixels, data: values }] }),
})

refusals('inputs of another kind', {
  'another datatype': inJSON({ inputs: [{ ...pixels, datatype: 'INT32', data: values }] }),
  'no datatype': inJSON({ inputs: [{ ...pixels, datatype: undefined, data: values }] }),
  'a datatype that does not exist': inJSON({
    inputs: [{ ...pixels, datatype: 'FP31', data: values }],
  }),
  'another name': inJSON({ inputs: [{ ...pixels, name: 'other', data: values }] }),
  'the name of a prototype': inJSON({ inputs: [{ ...pixels, name: '__proto__', data: values }] }),
  'a name that is no text': inJSON({ inputs: [{ ...pixels, name: 1, data: values }] }),
})

refusals(
  'encodings that nobody knows',
  Object.fromEntries(
    ['snappy', 'compress', 'gzip, gzip', '%%%'].map((encoding) => [
      encoding,
      { body: picture, headers: { 'content-encoding': encoding } },
    ]),
  ),
  415,
)

refusals('a body that is not what its encoding says', {
  gzip: { body: picture, headers: { 'content-encoding': 'gzip' } },
  deflate: { body: picture, headers: { 'content-encoding': 'deflate' } },
})

test('models and versions that do not exist, and methods', async () => {
  const sent = inJSON({ inputs: [{ ...pixels, data: values }] })
  for (const path of [
    '/v2/models/other/infer',
    '/v2/models/__proto__/infer',
    '/v2/models/constructor/infer',
    '/v2/models/tiny%00/infer',
    '/v2/models/%ff/infer',
    '/v2/models/..%2ftiny/infer',
    '/v2/models/tiny/versions/9/infer',
    '/v2/models/tiny/explain',
    '/v3',
  ]) {
    const { status, text } = await post(sent, path)
    // A path that is no UTF-8 is no path.
    assert.ok([400, 404].includes(status), `${path}: ${status}`)
    assert.type(JSON.parse(text).error, 'string', path)
  }
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    const response = await fetch(`${server.url}/v2/models/tiny/infer`, { method })
    assert.is(response.status, 405, method)
    assert.match(String(response.headers.get('allow')), 'POST')
    assert.type(((await response.json()) as { error: unknown }).error, 'string')
  }
  await expectHealthy()
})

test('what looks wrong and is right', async () => {
  for (const [name, sent] of Object.entries({
    'nested by its shape': shaped([1, 32, 32, 3], nest(values, [32, 32, 3])),
    'no content type, and a wrong one': {
      ...inJSON({ inputs: [{ ...pixels, data: values }] }),
      headers: { 'content-type': 'image/jpeg' },
    },
    'keys that nobody knows': inJSON({ inputs: [{ ...pixels, data: values, more: 1 }], other: {} }),
    'a parameter that nobody knows': withParameters({ other: 7 }),
    'an id': inJSON({ id: 'ä', inputs: [{ ...pixels, data: values }] }),
    'all outputs': wanting([]),
    'no classes': wanting([{ name: 'logits', parameters: { classification: 0 } }]),
    'a deadline in a far future': withParameters({ timeout: Number.MAX_SAFE_INTEGER }),
    'no deadline': withParameters({ timeout: 0 }),
  })) {
    const { status, text } = await post(sent)
    assert.is(status, 200, `${name}: ${text.slice(0, 300)}`)
  }
  await expectHealthy()
})

/** Rows of rows, in one image. */
function nest(flat: readonly number[], shape: readonly number[]): unknown[] {
  let rows: unknown[] = [...flat]
  for (const size of [...shape].reverse()) {
    const count = rows.length / size
    rows = Array.from({ length: count }, (_, i) => rows.slice(i * size, (i + 1) * size))
  }
  return rows
}

test.run()
