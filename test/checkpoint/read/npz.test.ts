import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { FormatError, LimitError, UnsupportedError } from '../../../src/errors.ts'
import { readAll, rejects } from '../collect.ts'
import {
  concat,
  type EndToMake,
  type MemberToMake,
  npyF32,
  npyHeader,
  npyOf,
  zipOf,
} from '../make.ts'

const values = Float32Array.from({ length: 12 }, (_, i) => i / 7 - 0.5)
const array = npyF32([3, 4], values)
const member = (more: Partial<MemberToMake> = {}): MemberToMake => ({
  name: 'a/kernel.npy',
  data: array,
  ...more,
})
const second = member({ name: 'b.npy', data: npyF32([2], [1, 2]) })

async function open(members: MemberToMake[], end?: EndToMake) {
  return openCheckpoint(zipOf(members, end))
}

/** Opens and reads everything: some lies show only at the end of the data. */
async function readEverything(bytes: Uint8Array): Promise<void> {
  const file = await openCheckpoint(bytes)
  for (const name of file.tensors.keys()) await readAll(file, name)
}

const refused = (
  members: MemberToMake[],
  kind: new (...args: never[]) => Error,
  message?: RegExp,
  end?: EndToMake,
) => rejects(readEverything(zipOf(members, end)), kind, message)

test('stored, deflated, zip64, with sizes behind the data, with a comment: all the same', async () => {
  const cases: [Partial<MemberToMake>, EndToMake?][] = [
    [{}],
    [{ deflate: true }],
    [{ zip64: true }, { zip64: true }],
    [{ descriptor: true }],
    [{ deflate: true, descriptor: true }],
    [{}, { comment: new TextEncoder().encode('PK\x05\x06 made by hand') }],
  ]
  for (const [more, end] of cases) {
    const file = await open([member(more), second], end)
    assert.is(file.format, 'npz')
    assert.equal([...file.tensors.keys()], ['a/kernel', 'b'])
    assert.equal(file.tensors.get('a/kernel'), { name: 'a/kernel', dtype: 'f32', shape: [3, 4] })
    assert.equal(await readAll(file, 'a/kernel'), values)
    assert.equal(await readAll(file, 'b'), Float32Array.of(1, 2))
  }
})

test('an archive without members, and arrays without elements', async () => {
  assert.is((await openCheckpoint(zipOf([]))).tensors.size, 0)
  for (const deflate of [false, true]) {
    const file = await open([member({ data: npyF32([0, 5], []), deflate })])
    assert.equal(file.tensors.get('a/kernel')?.shape, [0, 5])
    assert.is((await readAll(file, 'a/kernel')).length, 0)
  }
})

test('a large deflated array comes in several blocks', async () => {
  const many = Float32Array.from({ length: 700_000 }, (_, i) => Math.sin(i))
  const file = await open([member({ data: npyF32([700_000], many), deflate: true })])
  const read = new Float32Array(many.length)
  let at = 0
  for await (const block of file.read('a/kernel')) {
    read.set(block, at)
    at += block.length
  }
  assert.is(at, many.length)
  assert.equal(Buffer.compare(Buffer.from(read.buffer), Buffer.from(many.buffer)), 0)
})

test('lies of the directory and the local headers', async () => {
  const lie = /contradicts/
  await refused([member({ local: { crc: 1 } })], FormatError, lie)
  await refused([member({ local: { size: 5 } })], FormatError, lie)
  await refused([member({ local: { compressed: 5 } })], FormatError, lie)
  await refused([member({ local: { method: 8 } })], FormatError, lie)
  await refused([member({ local: { flags: 0x800 } })], FormatError, lie)
  await refused([member({ local: { name: 'b/kernel.npy' } })], FormatError, lie)
  await refused([member({ central: { offset: 7 } })], FormatError)
  await refused([member({ central: { offset: 0xfffffff0 } })], FormatError, /reaches into/)
  await refused([member({ central: { size: 9 } })], FormatError, /stored, yet/)
  await refused([member({ central: { size: 9, compressed: 9 } })], FormatError)
  const huge = { size: 0xfffffff0, compressed: 0xfffffff0 }
  await refused([member({ central: huge, local: huge })], LimitError)
})

test('CRC-32 and lengths of the data are checked', async () => {
  for (const deflate of [false, true]) {
    const wrong = { crc: 0x12345678 }
    await refused([member({ deflate, local: wrong, central: wrong })], FormatError, /CRC-32/)
  }
  const longer = npyF32([3, 5], [...values, 1, 2, 3])
  // The header promises 12 values, the member has 15; and the other way round.
  await refused([member({ data: concat(array, new Uint8Array(4)) })], FormatError, /holds/)
  await refused([member({ data: longer.subarray(0, -4) })], FormatError, /holds/)
  const size = { size: longer.length }
  const short = member({ data: array, deflate: true, local: size, central: size })
  await refused([short], FormatError)
  const tooLong = { size: array.length - 4 }
  const bytes = { ...member({ deflate: true, data: array }), local: tooLong, central: tooLong }
  await refused([bytes], FormatError)
})

test('bombs: declared sums, impossible ratios, whole archives', async () => {
  const zeros = npyF32([4 << 20], new Float32Array(4 << 20))
  // 16 MiB of zeros is what a new head may be, and is read.
  await readEverything(zipOf([member({ data: zeros, deflate: true })]))
  const twelve = Array.from({ length: 12 }, (_, i) =>
    member({ name: `${i}.npy`, data: zeros, deflate: true }),
  )
  await refused(twelve, LimitError, /declares/)
  await rejects(openCheckpoint(zipOf([member()]), { maxBytes: 100 }), LimitError)
  const impossible = { size: 1_000_000 }
  const lying = member({ deflate: true, local: impossible, central: impossible })
  await refused([lying], FormatError, /impossible/)
})

test('overlaps, duplicates, and names of no array', async () => {
  const twice = [member(), member({ name: 'c.npy', central: { offset: 0 } })]
  await refused(twice, FormatError, /overlaps|contradicts/)
  await refused([member(), member()], FormatError, /two members/)
  for (const name of [
    '/etc/a.npy',
    '../a.npy',
    'a/../b.npy',
    'C:/a.npy',
    'a\\b.npy',
    'a\0.npy',
    '',
  ]) {
    await refused([member({ name })], FormatError, /no array's/)
  }
  await refused([member({ name: 'x'.repeat(5000) })], LimitError)
  await refused([member(), member({ name: 'readme.txt' })], FormatError, /readme/)
  await refused([member({ name: 'archive/data.pkl' })], FormatError, /PyTorch/)
})

test('what is not read: encryption, other methods, later versions, several disks', async () => {
  for (const flags of [1, 0x40, 0x2000]) {
    await refused([member({ local: { flags }, central: { flags } })], UnsupportedError, /encrypted/)
  }
  await refused([member({ central: { method: 12 } })], UnsupportedError, /method 12/)
  await refused([member({ central: { version: 63 } })], UnsupportedError, /version/)
  await refused([member({ central: { disk: 1 } })], UnsupportedError, /part/)
})

test('the end of the directory must be true', async () => {
  await refused([member()], FormatError, /directory/, { offset: 3 })
  await refused([member()], FormatError, /directory/, { size: 3 })
  await refused([member(), second], FormatError, undefined, { entries: 3 })
  await refused([member(), second], FormatError, /unexplained/, { entries: 1 })
  await refused([member()], FormatError, undefined, { zip64: true, zip64Entries: 2 })
  await refused([member()], LimitError, /members/, { zip64: true, zip64Entries: 2 ** 40 })
  const all = Array.from({ length: 65_000 }, (_, i) =>
    member({ name: `${i}.npy`, data: new Uint8Array(0) }),
  )
  await refused(all, LimitError, /65000 members/)
})

test('truncated at every byte', async () => {
  const bytes = zipOf([member({ zip64: true }), member({ ...second, deflate: true })])
  for (let length = 0; length < bytes.length; length++) {
    await rejects(readEverything(bytes.subarray(0, length)), FormatError)
  }
})

test('element types and byte orders', async () => {
  const view = (bytes: number[]) => new Uint8Array(bytes)
  const cases: [descr: string, data: Uint8Array, expected: number[]][] = [
    ['<f2', view([0x00, 0x3c, 0x01, 0x80]), [1, -(2 ** -24)]],
    ['>f2', view([0x3c, 0x00, 0x80, 0x01]), [1, -(2 ** -24)]],
    ['|V2', view([0x80, 0x3f, 0x00, 0xc0]), [1, -2]],
    ['<f4', new Uint8Array(Float32Array.of(1.5, -0).buffer), [1.5, -0]],
    ['>f4', view([0x3f, 0xc0, 0, 0]), [1.5]],
    ['<f8', new Uint8Array(Float64Array.of(0.1, 1e300).buffer), [Math.fround(0.1), Infinity]],
    ['>f8', view([0x3f, 0xf8, 0, 0, 0, 0, 0, 0]), [1.5]],
    ['|i1', view([0xff, 3]), [-1, 3]],
    ['<i2', view([0xfe, 0xff]), [-2]],
    ['>i4', view([0xff, 0xff, 0xff, 0xfd]), [-3]],
    ['<i8', new Uint8Array(BigInt64Array.of(-4n).buffer), [-4]],
    ['|u1', view([200]), [200]],
    ['<u2', view([1, 1]), [257]],
    ['<u4', view([0xff, 0xff, 0xff, 0xff]), [2 ** 32]],
    ['>u8', view([0, 0, 0, 0, 0, 0, 1, 0]), [256]],
    ['|b1', view([0, 1]), [0, 1]],
  ]
  for (const [descr, data, expected] of cases) {
    for (const deflate of [false, true]) {
      // 3 bytes of padding put the data where no element is aligned.
      const npy = npyOf(`   ${npyHeader(descr, [expected.length])}`, data)
      const file = await open([member({ data: npy, deflate })])
      assert.equal([...(await readAll(file, 'a/kernel'))], expected, descr)
    }
  }
})

test('Fortran order', async () => {
  const [a, b, c] = [3, 4, 5]
  const stored: number[] = []
  for (let k = 0; k < c; k++)
    for (let j = 0; j < b; j++) for (let i = 0; i < a; i++) stored.push((i * b + j) * c + k)
  const data = new Uint8Array(Float32Array.from(stored).buffer)
  const file = await open([member({ data: npyOf(npyHeader('<f4', [a, b, c], true), data) })])
  assert.equal(
    [...(await readAll(file, 'a/kernel'))],
    Array.from({ length: 60 }, (_, i) => i),
  )
})

test('headers in all versions, orders and spellings that NumPy wrote', async () => {
  const data = new Uint8Array(8)
  const good = [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
    "{'shape': (2L,), 'fortran_order': False, 'descr': '<f4'}   \n",
    '{"descr": "<f4", "fortran_order": False, "shape": (2, )}',
    "{'descr':'<f4','fortran_order':True,'shape':(1,2)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': ()}",
  ]
  for (const header of good) {
    for (const version of [1, 2, 3]) await open([member({ data: npyOf(header, data, version) })])
  }
})

test('headers that are refused', async () => {
  const of = (descr: string, shape: string, order = 'False') =>
    `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`
  const cases: [header: string, kind: new (...args: never[]) => Error, message?: RegExp][] = [
    [of("'|O'", '(2,)'), UnsupportedError, /pickle/],
    [of("'<c8'", '(1,)'), UnsupportedError],
    [of("'<U4'", '(1,)'), UnsupportedError],
    [of("'|V4'", '(1,)'), UnsupportedError],
    [of("'|f4'", '(2,)'), UnsupportedError],
    [of("'=f4'", '(2,)'), UnsupportedError],
    [of("[('a', '<f4')]", '(2,)'), UnsupportedError, /structured/],
    [of("'<f4'", '(-2,)'), FormatError],
    [of("'<f4'", '(2)'), FormatError],
    [of("'<f4'", '(,)'), FormatError],
    [of("'<f4'", '(2,,)'), FormatError],
    [of("'<f4'", '(1e3,)'), FormatError],
    [of("'<f4'", "(__import__('os'),)"), FormatError],
    [of("'<f4'", `(${'4294967296, '.repeat(3)})`), FormatError, /impossible/],
    [of("'<f4'", '(9007199254740993,)'), FormatError, /impossible/],
    [of("'<f4'", `(0, ${'9'.repeat(400)})`), FormatError, /impossible/],
    [of("'<f4'", `(${'1, '.repeat(40)})`), FormatError, /impossible/],
    [of("'<f4'", '(2,)', '(1,)'), FormatError, /fortran_order/],
    [of("'<f4'", '(2,)', 'Maybe'), FormatError],
    ["{'descr': '<f4', 'fortran_order': False, }", FormatError],
    [
      "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
      FormatError,
      /twice/,
    ],
    [`${of("'<f4'", '(2,)').slice(0, -1)}'x': 1}`, FormatError],
    [`${of("'<f4'", '(2,)')} + 1`, FormatError],
    ['', FormatError],
  ]
  for (const [header, kind, message] of cases) {
    await refused([member({ data: npyOf(header, new Uint8Array(8)) })], kind, message)
  }
  const long = npyHeader('<f4', [2]) + ' '.repeat(70_000)
  await refused([member({ data: npyOf(long, new Uint8Array(8), 2) })], LimitError, /header/)
  await refused([member({ data: npyOf('', new Uint8Array(8), 9) })], UnsupportedError, /version/)
  await refused([member({ data: new Uint8Array(50) })], FormatError, /not an .npy/)
  await refused([member({ data: array.subarray(0, 30), deflate: true })], FormatError, /header/)
})

test.run()
