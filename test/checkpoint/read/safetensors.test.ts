import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { collectBytes, writeSafetensors } from '../../../src/checkpoint/write/safetensors.ts'
import { ArgumentError, FormatError, LimitError, UnsupportedError } from '../../../src/errors.ts'
import { readAll, rejects } from '../collect.ts'
import { safetensorsOf } from '../make.ts'
import { simpleSafetensors } from '../simple.ts'

type Kind = new (...args: never[]) => Error

const tensor = (dtype: string, shape: unknown, begin: unknown, end: unknown) =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] })

const good = `{"__metadata__":{"format":"pt"},"b":${tensor('F32', [2], 8, 16)},"a":${tensor('I64', [1], 0, 8)}}`
const data = new Uint8Array(16)
new DataView(data.buffer).setBigInt64(0, -5n, true)
new DataView(data.buffer).setFloat32(12, 2.5, true)

const refused = (
  header: string | Uint8Array,
  kind: Kind,
  message?: RegExp,
  bytes = data,
  length?: number,
) => rejects(openCheckpoint(safetensorsOf(header, bytes, length)), kind, message)

test('tensors, metadata, padding', async () => {
  const file = await openCheckpoint(safetensorsOf(`${good}    `, data))
  assert.is(file.format, 'safetensors')
  assert.equal(file.metadata, { format: 'pt' })
  assert.equal([...file.tensors.keys()], ['a', 'b'], 'in storage order')
  assert.is(file.tensors.get('a')?.dtype, 'i64')
  assert.equal([...(await readAll(file, 'a'))], [-5])
  assert.equal([...(await readAll(file, 'b'))], [0, 2.5])
  assert.throws(() => file.read('c'), /no tensor "c"/)
})

test('no tensors at all, and tensors without elements', async () => {
  assert.is((await openCheckpoint(safetensorsOf('{}', new Uint8Array(0)))).tensors.size, 0)
  const empty = `{"e":${tensor('F32', [0, 3], 0, 0)},"s":${tensor('U8', [], 0, 1)}}`
  const file = await openCheckpoint(safetensorsOf(empty, new Uint8Array([7])))
  assert.is((await readAll(file, 'e')).length, 0)
  assert.equal([...(await readAll(file, 's'))], [7])
})

test('names that JavaScript treats specially are names', async () => {
  const header = `{"__proto__":${tensor('U8', [1], 0, 1)},"constructor":${tensor('U8', [1], 1, 2)}}`
  const file = await openCheckpoint(safetensorsOf(header, new Uint8Array([1, 2])))
  assert.equal([...file.tensors.keys()], ['__proto__', 'constructor'])
  assert.equal([...(await readAll(file, 'constructor'))], [2])
})

test('the length of the header', async () => {
  await refused(good, LimitError, /header/, data, 100_000_001)
  await refused(good, FormatError, /truncated/, data, 10_000_000)
  await refused(good, FormatError, undefined, data, good.length - 1)
  const astronomical = safetensorsOf(good, data)
  astronomical.fill(0xff, 0, 8)
  await rejects(openCheckpoint(astronomical), FormatError, /neither/)
  await rejects(openCheckpoint(new Uint8Array(8)), FormatError)
})

test('headers that are no proper JSON', async () => {
  await refused(` ${good}`, FormatError)
  await refused('{"a"', FormatError, /JSON/)
  await refused('{}x', FormatError, /JSON/)
  const invalid = new TextEncoder().encode(good)
  invalid[2] = 0xff
  await refused(invalid, FormatError, /UTF-8/)
  await refused(`{"a":${'['.repeat(100_000)}`, FormatError, /JSON/)
})

test('headers made to exhaust', async () => {
  for (const long of ['x'.repeat(8_000_000), '\\n'.repeat(4_000_000), '{'.repeat(1_000_000)]) {
    const header = `{"__metadata__":{"${long}":"1","b":"${long}"}}`
    await openCheckpoint(safetensorsOf(header.slice(0, 16_000_000), new Uint8Array(0))).catch(
      (error) => assert.instance(error, FormatError),
    )
  }
  const many = Array.from({ length: 20_000 }, (_, i) => `"${i}":${tensor('U8', [0], 0, 0)}`)
  await refused(`{${many.join()}}`, LimitError, /20000 tensors/, new Uint8Array(0))
})

test('keys that stand twice', async () => {
  const a = tensor('U8', [8], 0, 8)
  const b = tensor('U8', [8], 8, 16)
  await refused(`{"a":${a},"a":${b}}`, FormatError, /twice/)
  await refused(`{"a":${a},"\\u0061":${b}}`, FormatError, /twice/)
  await refused('{"__metadata__":{"k":"1","k":"2"}}', FormatError, /twice/, new Uint8Array(0))
  // The same key in two objects, and text that looks like keys, are fine.
  const fine = `{"__metadata__":{"a":"{\\"a\\":1,","b":"a"},"a":${a},"b":${b}}`
  await openCheckpoint(safetensorsOf(fine, data))
})

test('every byte belongs to exactly one tensor', async () => {
  const a = `"a":${tensor('U8', [8], 0, 8)}`
  await refused(`{${a}}`, FormatError, /behind its last/)
  await refused(`{${a},"b":${tensor('U8', [6], 10, 16)}}`, FormatError, /hole/)
  await refused(`{${a},"b":${tensor('U8', [9], 7, 16)}}`, FormatError, /overlaps/)
  await refused(`{${a},"b":${tensor('U8', [8], 0, 8)}}`, FormatError, /overlaps/)
  await refused(`{${a},"b":${tensor('U8', [9], 8, 17)}}`, FormatError, /truncated/)
  await refused(`{"b":${tensor('U8', [15], 1, 16)}}`, FormatError, /hole/)
})

test('shapes and offsets that can not be', async () => {
  const bad: [shape: unknown, begin: unknown, end: unknown][] = [
    [[4], 0, 8],
    [[2], 16, 8],
    [[2], -8, 0],
    [[2], 0, 8.5],
    [[2], '0', 8],
    [[-2], 0, 8],
    [[1.5], 0, 6],
    ['2', 0, 8],
    [[2 ** 53], 0, 8],
    [[2 ** 31, 2 ** 31], 0, 8],
    [[4294967296, 4294967296, 2], 0, 8],
  ]
  for (const [shape, begin, end] of bad) {
    await refused(`{"a":${tensor('F32', shape, begin, end)}}`, FormatError)
  }
  for (const value of ['1', 'null', '[]', '"x"', '{}', '{"dtype":"F32","shape":[2]}']) {
    await refused(`{"a":${value}}`, FormatError)
  }
  for (const value of ['1', 'null', '[]', '{"a":1}', '{"a":null}']) {
    await refused(`{"__metadata__":${value}}`, FormatError, /__metadata__/)
  }
})

test('element types', async () => {
  for (const dtype of ['F8_E4M3', 'F8_E5M2', 'F4', 'C64', 'f32', 'toString']) {
    await refused(`{"a":${tensor(dtype, [16], 0, 16)}}`, UnsupportedError, /element type/)
  }
  const types: [string, Uint8Array, number][] = [
    ['BOOL', new Uint8Array([1]), 1],
    ['U16', new Uint8Array(Uint16Array.of(65535).buffer), 65535],
    ['BF16', new Uint8Array([0x80, 0xbf]), -1],
    ['F16', new Uint8Array([0xff, 0x7b]), 65504],
    ['U64', new Uint8Array(BigUint64Array.of(2n ** 63n).buffer), 2 ** 63],
    ['F64', new Uint8Array(Float64Array.of(0.25).buffer), 0.25],
  ]
  for (const [dtype, bytes, expected] of types) {
    const header = `{"a":${tensor(dtype, [1], 0, bytes.length)}}`
    const file = await openCheckpoint(safetensorsOf(header, bytes))
    assert.equal([...(await readAll(file, 'a'))], [expected])
  }
})

test('maxBytes', async () => {
  const bytes = safetensorsOf(good, data)
  await rejects(openCheckpoint(bytes, { maxBytes: 15 }), LimitError, /maxBytes/)
  await openCheckpoint(bytes, { maxBytes: 16 })
  await rejects(openCheckpoint(bytes, { maxBytes: Number.NaN }), ArgumentError)
})

test('int8 tensors come multiplied by their scales', async () => {
  const header = `{"w.scale":${tensor('F32', [2], 0, 8)},"w":${tensor('I8', [2, 3], 8, 14)},"v":${tensor('I8', [2], 14, 16)}}`
  const bytes = new Uint8Array(16)
  new Float32Array(bytes.buffer, 0, 2).set([0.1, -3])
  bytes.set([1, 2, 127, 0x81, 0, 255, 5, 250], 8)
  const file = await openCheckpoint(safetensorsOf(header, bytes))
  const s = Math.fround(0.1)
  const expected = [s, 2 * s, 127 * s, 381, -0, 3].map(Math.fround)
  assert.equal([...(await readAll(file, 'w'))], expected)
  assert.equal([...(await readAll(file, 'v'))], [5, -6], 'without scales they are integers')
  const misfit = header.replace(
    '"w.scale":{"dtype":"F32","shape":[2]',
    '"w.scale":{"dtype":"F32","shape":[2,1]',
  )
  await refused(misfit, FormatError, /scales/, bytes)
})

test('writing', async () => {
  const tensors = [
    {
      name: 'é',
      dtype: 'f32',
      shape: [2, 1],
      data: () => new Uint8Array(Float32Array.of(1, -2).buffer),
    },
    { name: 'b', dtype: 'i8', shape: [3], data: async () => new Uint8Array([1, 2, 255]) },
  ] as const
  const bytes = await collectBytes(writeSafetensors(tensors, { made: 'here' }))
  const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  assert.is(headerBytes % 8, 0)
  assert.equal(simpleSafetensors(bytes).get('b')?.shape, [3])
  const file = await openCheckpoint(bytes)
  assert.equal(file.metadata, { made: 'here' })
  assert.equal([...(await readAll(file, 'é'))], [1, -2])
  assert.equal([...(await readAll(file, 'b'))], [1, 2, -1])
  const [first] = tensors
  await rejects(collectBytes(writeSafetensors([first, first])), ArgumentError, /second/)
  const short = { ...first, data: () => new Uint8Array(7) }
  await rejects(collectBytes(writeSafetensors([short])), ArgumentError, /7 bytes/)
})

test('truncated at every byte', async () => {
  const bytes = safetensorsOf(good, data)
  for (let length = 0; length < bytes.length; length++) {
    await rejects(openCheckpoint(bytes.subarray(0, length)), FormatError)
  }
})

test.run()
