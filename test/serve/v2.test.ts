import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { base64, chelsea, get, jsonOf, model, post, rocket, served } from './harness.ts'

const server = await served()
const vit = await model()
const infer = '/v2/models/ti/infer'

test('the server, its health and its model, with and without a version and a slash', async () => {
  for (const path of ['/v2', '/v2/']) {
    const { name, version, extensions } = await jsonOf(await get(server, path))
    assert.is(name, 'vitrine')
    assert.match(version, /^\d+\.\d+\.\d+/)
    assert.equal(extensions, ['binary_tensor_data', 'classification'])
  }
  assert.equal(await jsonOf(await get(server, '/v2/health/live')), { live: true })
  assert.equal(await jsonOf(await get(server, '/v2/health/ready')), { ready: true })
  for (const path of ['/v2/models/ti', '/v2/models/ti/versions/1']) {
    const ready = await jsonOf(await get(server, `${path}/ready`))
    assert.equal(ready, { name: 'ti', ready: true })
    const { name, versions, inputs, outputs } = await jsonOf(await get(server, path))
    assert.is(name, 'ti')
    assert.equal(versions, ['1'])
    assert.equal(inputs, [
      { name: 'image', datatype: 'BYTES', shape: [-1] },
      { name: 'pixels', datatype: 'UINT8', shape: [-1, -1, -1, 3] },
      { name: 'prepared', datatype: 'FP32', shape: [-1, 224, 224, 3] },
    ])
    assert.equal(outputs, [
      { name: 'logits', datatype: 'FP32', shape: [-1, 1000] },
      { name: 'probabilities', datatype: 'FP32', shape: [-1, 1000] },
      { name: 'embedding', datatype: 'FP32', shape: [-1, 192] },
    ])
  }
})

test('images in base64 and as data: URLs give what the model gives', async () => {
  const response = await post(server, infer, {
    id: 'mine',
    inputs: [
      {
        name: 'image',
        datatype: 'BYTES',
        shape: [2],
        data: [base64(rocket), `data:image/png;base64,${base64(chelsea)}`],
      },
    ],
  })
  assert.is(response.status, 200)
  const { model_name, model_version, id, outputs } = await jsonOf(response)
  assert.equal([model_name, model_version, id], ['ti', '1', 'mine'])
  assert.equal(
    outputs.map(({ name, shape }: { name: string; shape: number[] }) => [name, shape]),
    [
      ['logits', [2, 1000]],
      ['probabilities', [2, 1000]],
      ['embedding', [2, 192]],
    ],
  )
  const [logits, probabilities, embedding] = outputs
  const expected = await Promise.all(
    [rocket, chelsea].map(async (image) => [...(await vit.logits(await vit.pixels(image)))]),
  )
  assert.equal(logits.data, expected.flat())
  assert.equal(embedding.data.slice(0, 192), [...(await vit.embed(rocket))])
  const [best] = await vit.classify(rocket)
  assert.ok(Math.abs(probabilities.data[best!.index] - best!.probability) < 1e-6)
  const sum = probabilities.data.slice(1000).reduce((one: number, other: number) => one + other)
  assert.ok(Math.abs(sum - 1) < 1e-5)
})

test('pixels and prepared pixels, flat and nested, give what the encoded image gives', async () => {
  const width = 5
  const data = Array.from({ length: 4 * width * 3 }, (_, i) => (i * 37) % 256)
  const rows = Array.from({ length: 4 }, (_, y) =>
    Array.from({ length: width }, (_, x) =>
      data.slice((y * width + x) * 3, (y * width + x) * 3 + 3),
    ),
  )
  const image = { width, height: 4, data: Uint8Array.from(data) }
  const prepared = await vit.pixels(image)
  const expected = [...(await vit.logits(prepared))]
  const tensors = [
    { name: 'pixels', datatype: 'UINT8', shape: [1, 4, width, 3], data },
    { name: 'pixels', datatype: 'UINT8', shape: [1, 4, width, 3], data: [rows] },
    { name: 'prepared', datatype: 'FP32', shape: [1, 224, 224, 3], data: [...prepared] },
  ]
  for (const tensor of tensors) {
    const response = await post(server, infer, { inputs: [tensor], outputs: [{ name: 'logits' }] })
    const { outputs } = await jsonOf(response)
    assert.is(outputs.length, 1)
    assert.equal(outputs[0].data, expected)
  }
})

test('tensors as bytes, in and out, without a Content-Type', async () => {
  const prepared = await vit.pixels(rocket)
  const expected = await vit.logits(prepared)
  const inputs = [
    {
      name: 'prepared',
      datatype: 'FP32',
      shape: [1, 224, 224, 3],
      parameters: { binary_data_size: prepared.byteLength },
    },
  ]
  const body = withTensors(
    { inputs, parameters: { binary_data_output: true } },
    Uint8Array.from(new Uint8Array(prepared.buffer)),
  )
  const response = await post(server, infer, body.blob, { headers: body.headers })
  assert.is(response.status, 200)
  const { head, tail } = await binaryAnswer(response)
  const sizes = head.outputs.map(
    ({ parameters }: { parameters: { binary_data_size: number } }) => parameters.binary_data_size,
  )
  assert.equal(sizes, [4000, 4000, 768])
  assert.equal([...new Float32Array(tail.slice(0, 4000).buffer)], [...expected])
})

test('encoded images as bytes, and one output as bytes', async () => {
  const elements = [rocket, chelsea].flatMap((bytes) => [lengthOf(bytes), bytes])
  const size = elements.reduce((sum, { length }) => sum + length, 0)
  const body = withTensors(
    {
      inputs: [
        { name: 'image', datatype: 'BYTES', shape: [2], parameters: { binary_data_size: size } },
      ],
      outputs: [
        { name: 'embedding', parameters: { binary_data: true } },
        { name: 'probabilities' },
      ],
    },
    ...elements,
  )
  const response = await post(server, infer, body.blob, { headers: body.headers })
  const { head, tail } = await binaryAnswer(response)
  assert.is(tail.length, 2 * 192 * 4)
  assert.is(head.outputs[1].data.length, 2000)
  assert.is(head.outputs[0].data, undefined)
  assert.equal([...new Float32Array(tail.slice(768).buffer)], [...(await vit.embed(chelsea))])
})

test('a body that is an image gives all outputs as bytes', async () => {
  const headers = { 'Inference-Header-Content-Length': '0' }
  const response = await post(server, infer, rocket, { headers })
  assert.is(response.headers.get('content-type'), 'application/octet-stream')
  const { tail } = await binaryAnswer(response)
  assert.equal([...new Float32Array(tail.slice(8000).buffer)], [...(await vit.embed(rocket))])
})

test('classes instead of values', async () => {
  const inputs = [{ name: 'image', datatype: 'BYTES', shape: [1], data: [base64(rocket)] }]
  const classification = {
    inputs,
    outputs: [{ name: 'probabilities', parameters: { classification: 2 } }],
  }
  const { outputs } = await jsonOf(await post(server, infer, classification))
  const [first, second] = await vit.classify(rocket)
  assert.equal(outputs, [
    {
      name: 'probabilities',
      datatype: 'BYTES',
      shape: [1, 2],
      data: [first, second].map(
        (one) => `${one!.probability.toFixed(6)}:${one!.index}:${one!.label}`,
      ),
    },
  ])
  // Clients send 0 for values, and may want bytes.
  const none = { inputs, outputs: [{ name: 'logits', parameters: { classification: 0 } }] }
  assert.is((await jsonOf(await post(server, infer, none))).outputs[0].datatype, 'FP32')
  const binary = {
    inputs,
    outputs: [{ name: 'logits', parameters: { classification: 1, binary_data: true } }],
  }
  const { head, tail } = await binaryAnswer(await post(server, infer, binary))
  assert.equal(head.outputs[0].shape, [1, 1])
  const text = Buffer.from(tail.slice(4)).toString()
  assert.is(new DataView(tail.buffer, tail.byteOffset).getUint32(0, true), text.length)
  assert.match(text, new RegExp(`^\\d+\\.\\d{6}:${first!.index}:`))
})

/** A body with the binary tensor extension. */
function withTensors(json: object, ...tensors: readonly Uint8Array<ArrayBuffer>[]) {
  const head = new TextEncoder().encode(JSON.stringify(json))
  const headers = { 'Inference-Header-Content-Length': String(head.length) }
  // A Blob without a type, so that no Content-Type is sent.
  return { headers, blob: new Blob([head, ...tensors]) }
}

function lengthOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, bytes.length, true)
  return length
}

async function binaryAnswer(response: Response) {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const length = Number(response.headers.get('inference-header-content-length'))
  assert.ok(length > 0)
  const head = JSON.parse(Buffer.from(bytes.subarray(0, length)).toString())
  return { head, tail: bytes.slice(length) }
}

test.after(() => server.dispose())
test.run()
