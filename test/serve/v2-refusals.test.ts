import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { base64, get, jsonOf, post, rocket, served } from './harness.ts'

const server = await served({ maxItems: 2 })
const infer = '/v2/models/ti/infer'
const image = { name: 'image', datatype: 'BYTES', shape: [1], data: [base64(rocket)] }
const pixels = { name: 'pixels', datatype: 'UINT8', shape: [1, 1, 1, 3], data: [1, 2, 3] }
const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
const many = `[${'[],'.repeat(2 ** 21)}[]]`

type Row = readonly [
  name: string,
  body: BodyInit | object,
  status: number,
  message: RegExp,
  headers?: Record<string, string>,
]

const one = (tensor: object) => ({ inputs: [tensor] })
const jsonLength = (value: string) => ({ 'Inference-Header-Content-Length': value })

const rows: readonly Row[] = [
  ['no JSON', 'tensor', 400, /must be JSON/],
  ['JSON that is no UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 400, /must be JSON/],
  ['an array', '[]', 400, /JSON object/],
  ['an empty body', '', 400, /must be JSON/],
  ['no inputs', {}, 400, /"inputs" must be an array/],
  ['an input that is a text', { inputs: ['image'] }, 400, /object with a "name"/],
  [
    'an input without a datatype',
    one({ name: 'image', shape: [1], data: [''] }),
    400,
    /"datatype"/,
  ],
  ['an input without data', one({ ...image, data: undefined }), 400, /no data/],
  [
    'an input that does not exist',
    one({ ...image, name: 'input-0' }),
    400,
    /no input "input-0"; there is image \(BYTES\)/,
  ],
  ['another datatype', one({ ...image, datatype: 'FP16' }), 400, /BYTES, not "FP16"/],
  [
    'a datatype that does not exist',
    one({ ...pixels, datatype: 'STRING' }),
    400,
    /UINT8, not "STRING"/,
  ],
  ['no shape', one({ ...image, shape: undefined }), 400, /needs a "shape"/],
  ['a negative dimension', one({ ...image, shape: [-1] }), 400, /whole numbers from 0/],
  [
    'a dimension that is no whole number',
    one({ ...image, shape: [1.5] }),
    400,
    /whole numbers from 0/,
  ],
  [
    'a product of the shape that overflows',
    one({ ...pixels, shape: [2 ** 31 - 1, 2 ** 31 - 1, 2, 3] }),
    400,
    /too large/,
  ],
  [
    'a product that wraps to the right number',
    one({ ...pixels, shape: [1, 2 ** 30, 2 ** 30, 3] }),
    400,
    /too large/,
  ],
  ['no image', one({ ...image, shape: [0], data: [] }), 400, /not \[0\]/],
  ['too many dimensions', one({ ...image, shape: [1, 1] }), 400, /not \[1,1\]/],
  ['too many images', one({ ...image, shape: [3], data: ['', '', ''] }), 413, /may have 2 images/],
  [
    'more elements than the shape has',
    one({ ...image, data: ['', ''] }),
    400,
    /2 values, and its shape \[1\] has 1/,
  ],
  ['data that is no array', one({ ...image, data: 'text' }), 400, /must be an array/],
  ['an image that is a number', one({ ...image, data: [1] }), 400, /must be a text/],
  ['an image that is no base64', one({ ...image, data: ['ä'] }), 400, /must be base64/],
  ['an image that is empty', one({ ...image, data: [''] }), 400, /empty|no image|too short/i],
  ['an image of another format', one({ ...image, data: [btoa('GIF89a....')] }), 415, /GIF/],
  [
    'a damaged image',
    one({ ...image, data: [base64(rocket.subarray(0, 5000))] }),
    400,
    /truncated|ends|damaged/i,
  ],
  ['a URL', one({ ...image, data: ['http://127.0.0.1:1/a.jpg'] }), 400, /fetches no such URL/],
  ['pixels above 255', one({ ...pixels, data: [1, 2, 256] }), 400, /from 0 to 255/],
  ['pixels that are texts', one({ ...pixels, data: ['1', '2', '3'] }), 400, /from 0 to 255/],
  [
    'too many pixels',
    one({ ...pixels, shape: [1, 8193, 8193, 3], data: [] }),
    413,
    /limit is 67108864/,
  ],
  [
    'JSON that is deep',
    `{"inputs":[{"name":"pixels","datatype":"UINT8","shape":[1,1,1,3],"data":${deep}}]}`,
    400,
    /nested deeper/,
  ],
  [
    'JSON with millions of arrays',
    `{"inputs":[{"name":"pixels","datatype":"UINT8","shape":[1,1,1,3],"data":${many}}]}`,
    400,
    /more than 2097152 arrays/,
  ],
  [
    'JSON with millions of values',
    `{"inputs":[${'0,'.repeat(2 ** 23 + 1)}0]}`,
    400,
    /8388608 values/,
  ],
  ['JSON with many fields', `{"inputs":[${'{"":0},'.repeat(2 ** 16 + 1)}{}]}`, 400, /65536 fields/],
  ['two inputs', { inputs: [image, pixels] }, 400, /one input, not 2/],
  [
    'an output that does not exist',
    { inputs: [image], outputs: [{ name: 'scores' }] },
    400,
    /no output "scores"; there is logits/,
  ],
  [
    'an output twice',
    { inputs: [image], outputs: [{ name: 'logits' }, { name: 'logits' }] },
    400,
    /requested twice/,
  ],
  ['outputs that are no array', { inputs: [image], outputs: {} }, 400, /must be an array/],
  [
    'classes of an embedding',
    { inputs: [image], outputs: [{ name: 'embedding', parameters: { classification: 1 } }] },
    400,
    /no classes/,
  ],
  [
    'a negative number of classes',
    { inputs: [image], outputs: [{ name: 'logits', parameters: { classification: -1 } }] },
    400,
    /number of classes/,
  ],
  [
    'shared memory',
    { inputs: [{ ...image, data: undefined, parameters: { shared_memory_region: 'a' } }] },
    400,
    /no shared memory/,
  ],
  ['a sequence', { inputs: [image], parameters: { sequence_id: 3 } }, 400, /no sequences/],
  ['a priority', { inputs: [image], parameters: { priority: 1 } }, 400, /no priorities/],
  [
    'a parameter that is an object',
    { inputs: [image], parameters: { a: {} } },
    400,
    /texts, numbers/,
  ],
  ['an id that is a number', { id: 7, inputs: [image] }, 400, /"id" must be a text/],
  ['a negative timeout', { inputs: [image], parameters: { timeout: -1 } }, 400, /microseconds/],
  ['a length of JSON that is no number', '{}', 400, /must be a number of bytes/, jsonLength('abc')],
  ['a length of JSON beyond the body', '{}', 400, /up to the body's 2/, jsonLength('3')],
  ['a raw request without a body', '', 400, /empty/, jsonLength('0')],
  ['a raw request that is no image', 'hello', 400, /./, jsonLength('0')],
  ['bytes that no input has', '{"inputs":[]}xx', 400, /one tensor/, jsonLength('13')],
  [
    'a Content-Encoding that is not known',
    'x',
    415,
    /gzip, deflate, or none/,
    { 'Content-Encoding': 'br' },
  ],
  ['two encodings', 'x', 415, /gzip, deflate, or none/, { 'Content-Encoding': 'gzip, gzip' }],
  [
    'a body that is not compressed as it says',
    'x',
    400,
    /can't be decompressed/,
    { 'Content-Encoding': 'gzip' },
  ],
]

for (const [name, body, status, message, headers = {}] of rows) {
  test(`${name}: ${status}`, async () => {
    const response = await post(server, infer, body, { headers })
    const answer = await jsonOf(response)
    assert.match(answer.error, message)
    assert.is(response.status, status)
    assert.equal(Object.keys(answer), ['error'])
  })
}

const binaryRows: readonly (readonly [string, object, number, RegExp])[] = [
  [
    'more than the body has',
    { ...image, data: undefined, parameters: { binary_data_size: 9 } },
    8,
    /8 bytes are left/,
  ],
  [
    'less than the body has',
    { ...image, data: undefined, parameters: { binary_data_size: 4 } },
    8,
    /4 bytes more/,
  ],
  [
    'a negative size',
    { ...image, data: undefined, parameters: { binary_data_size: -4 } },
    8,
    /binary_data_size of "-4"/,
  ],
  [
    'data in both',
    { ...image, parameters: { binary_data_size: 8 } },
    8,
    /both in JSON and in bytes/,
  ],
  [
    'an element that is cut',
    { ...image, data: undefined, parameters: { binary_data_size: 8 } },
    8,
    /is incomplete/,
  ],
  [
    'too few bytes of pixels',
    { ...pixels, data: undefined, parameters: { binary_data_size: 2 } },
    2,
    /2 bytes, and its shape \[1,1,1,3\] takes 3/,
  ],
  [
    'NaN',
    {
      name: 'prepared',
      datatype: 'FP32',
      shape: [1, 224, 224, 3],
      parameters: { binary_data_size: 602_112 },
    },
    602_112,
    /is NaN/,
  ],
]

for (const [name, tensor, length, message] of binaryRows) {
  test(`tensors as bytes, ${name}`, async () => {
    const head = new TextEncoder().encode(JSON.stringify({ inputs: [tensor] }))
    const body = new Blob([head, new Uint8Array(length).fill(0xff)])
    const response = await post(server, infer, body, { headers: jsonLength(String(head.length)) })
    assert.is(response.status, 400)
    assert.match((await jsonOf(response)).error, message)
  })
}

test('models, versions, paths and methods that do not exist', async () => {
  const rows = [
    ['GET', '/v2/models/other', 404, /no model "other"; there is ti/],
    ['GET', '/v2/models/ti/versions/2', 404, /one version, 1/],
    ['POST', '/v2/models/ti/versions/2/infer', 404, /one version, 1/],
    ['GET', '/v2/models', 404, /no such path/],
    ['GET', infer, 405, /has POST, not GET/],
    ['DELETE', '/v2/health/ready', 405, /has GET, HEAD, not DELETE/],
  ] as const
  for (const [method, path, status, message] of rows) {
    const response = await get(server, path, { method })
    assert.is(response.status, status, path)
    assert.match((await jsonOf(response)).error, message)
    if (status === 405) assert.ok(response.headers.get('allow'))
  }
  assert.is((await get(server, '/v2/health/ready', { method: 'HEAD' })).status, 200)
})

test('the server is well after all of these', async () => {
  const { outputs } = await jsonOf(await post(server, infer, { inputs: [image] }))
  assert.is(outputs[0].data.length, 1000)
  const metrics = await (await get(server, '/metrics')).text()
  assert.match(metrics, /^vitrine_pending_items\{model="ti"\} 0$/m)
  assert.match(metrics, /^vitrine_requests_in_flight 1$/m)
})

test.after(() => server.dispose())
test.run()
