import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { crc32 } from '../../../src/bytes/crc32.ts'
import { joinBytes } from '../../../src/bytes/join.ts'
import { openNpz } from '../../../src/checkpoint/read/npz/npz.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import type { ByteSource } from '../../../src/checkpoint/source/source.ts'
import { npyHeader } from '../../../src/checkpoint/write/npy.ts'
import { writeNpz } from '../../../src/checkpoint/write/npz.ts'
import { collectBytes } from '../../../src/checkpoint/write/safetensors.ts'
import type { TensorToWrite } from '../../../src/checkpoint/write/tensor.ts'
import { directoryEnd, directoryEntry, localHeader } from '../../../src/checkpoint/write/zip.ts'
import { ArgumentError } from '../../../src/errors.ts'
import { readAll, rejects } from '../collect.ts'
import { npyF32, zipOf } from '../make.ts'
import { simpleF32, simpleNpz } from '../simple.ts'

const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer)

function tensor(name: string, shape: readonly number[], values: readonly number[]): TensorToWrite {
  return { name, shape, dtype: 'f32', data: () => bytesOf(Float32Array.from(values)) }
}

const some = [
  tensor('cls', [1, 1, 3], [1, -0, Number.MIN_VALUE]),
  tensor('Transformer/encoder_norm/scale', [2], [1e-45, 3.4e38]),
  tensor('t', [], [2.5]),
  tensor('empty', [0, 4], []),
  tensor('größe', [2, 1, 1, 2, 1], [1, 2, 3, 4]),
]

test('names, shapes and values, for our reader and for one that trusts local headers', async () => {
  const bytes = await collectBytes(writeNpz(some))
  const file = await openCheckpoint(bytes)
  const simple = simpleNpz(bytes)
  assert.is(file.format, 'npz')
  assert.equal([...file.tensors.keys()], [...simple.keys()])
  for (const { name, shape, data } of some) {
    assert.equal(file.tensors.get(name), { name, shape, dtype: 'f32' })
    assert.equal(simple.get(name)!.shape, shape)
    assert.is(simple.get(name)!.dtype, '<f4')
    assert.equal(bytesOf(await readAll(file, name)), await data(), name)
    assert.equal(bytesOf(simpleF32(simple.get(name)!)), await data(), name)
  }
})

test('the bytes are those of a stored archive that is made by hand', async () => {
  const shape = [2, 3]
  const values = [1, 2, 3, 4, 5, 6]
  const bytes = await collectBytes(writeNpz([tensor('a/kernel', shape, values)]))
  const short = npyF32(shape, values)
  const data = joinBytes([npyHeader(shape), short.subarray(short.length - 24)])
  const expected = zipOf([{ name: 'a/kernel.npy', data }])
  assert.is(bytes.length, expected.length)
  // Versions (20 and 45), dates and Unix modes are what each writer chooses.
  const end = bytes.length - 22
  const directory = new DataView(bytes.buffer).getUint32(end + 16, true)
  const chosen = [
    4,
    10,
    11,
    12,
    13,
    ...[4, 5, 6, 12, 13, 14, 15, 38, 39, 40, 41].map((at) => directory + at),
  ]
  const differing = [...bytes.keys()].filter((at) => bytes[at] !== expected[at])
  assert.equal(
    differing.filter((at) => !chosen.includes(at)),
    [],
  )
  const view = new DataView(bytes.buffer)
  assert.is(view.getUint16(4, true), 20)
  assert.is(view.getUint16(directory + 6, true), 20)
  assert.is(view.getUint32(directory + 38, true) >>> 16, 0o100644)
})

test('headers of arrays: aligned to 64 bytes, of one length while a shape grows', () => {
  assert.is(npyHeader([]).length, 128)
  assert.is(npyHeader([Number.MAX_SAFE_INTEGER, 999_999_999, 99_999]).length, 128)
  const long = npyHeader(Array.from({ length: 20 }, () => 1000))
  assert.is(long.length % 64, 0)
  for (const header of [npyHeader([]), npyHeader([7]), long]) {
    assert.is(new DataView(header.buffer).getUint16(8, true), header.length - 10)
    assert.is(header.at(-1), 0x0a)
  }
  assert.match(new TextDecoder('latin1').decode(npyHeader([7])), /'shape': \(7,\), \}/)
})

test('one tensor is made at a time, and only when it is written', async () => {
  const made: string[] = []
  const lazy = ['a', 'b', 'c'].map((name): TensorToWrite => {
    const { data, ...rest } = tensor(name, [1], [1])
    return {
      ...rest,
      data() {
        made.push(name)
        return data()
      },
    }
  })
  const seen: string[] = []
  for await (const chunk of writeNpz(lazy)) if (chunk.length === 4) seen.push(made.join(''))
  assert.equal(seen, ['a', 'ab', 'abc'])
})

test('what can not be written', async () => {
  const write = (...tensors: TensorToWrite[]) => collectBytes(writeNpz(tensors))
  const [one] = some
  await rejects(write(one!, one!), ArgumentError, /second tensor named cls/)
  await rejects(write({ ...one!, shape: [4] }), ArgumentError, /cls has 12 bytes.*needs 16/)
  await rejects(write({ ...one!, shape: [-1] }), ArgumentError, /cls has the shape \[-1\]/)
  await rejects(write({ ...one!, dtype: 'f16' }), ArgumentError, /cls is f16/)
})

/** Parts of a file at their places, with zeros between them. */
function sparse(parts: readonly (readonly [offset: number, bytes: Uint8Array])[]): ByteSource {
  const size = Math.max(...parts.map(([offset, bytes]) => offset + bytes.length))
  return {
    name: 'sparse.npz',
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      for (const [at, part] of parts) {
        const from = Math.max(at, offset)
        const to = Math.min(at + part.length, offset + length)
        if (from < to) bytes.set(part.subarray(from - at, to - at), from - offset)
      }
      return bytes
    },
    measure: async () => size,
    release() {},
    close: async () => {},
  }
}

test('members of more than 4 GiB, and behind them', async () => {
  const shape = [5, 2 ** 28]
  const large = { name: 'large.npy', crc: 0, size: 128 + 5 * 2 ** 30, offset: 0 }
  const [head, values] = [npyHeader([2]), bytesOf(Float32Array.from([7, 8]))]
  const crc = crc32(values, crc32(head))
  const first = localHeader(large)
  const small = { name: 'small.npy', crc, size: 136, offset: first.length + large.size }
  const second = localHeader(small)
  const directory = small.offset + second.length + small.size
  const entries = joinBytes([large, small].map(directoryEntry))
  const file = await openNpz(
    sparse([
      [0, joinBytes([first, npyHeader(shape)])],
      [small.offset, joinBytes([second, head, values])],
      [directory, joinBytes([entries, directoryEnd(2, entries.length, directory)])],
    ]),
    8 * 2 ** 30,
    {},
  )
  assert.equal(file.tensors.get('large')?.shape, shape)
  assert.equal(await readAll(file, 'small'), Float32Array.from([7, 8]))
  // Only what does not fit has records of zip64.
  assert.is(first.length, 30 + large.name.length + 20)
  assert.is(second.length, 30 + small.name.length)
  assert.is(entries.length, 2 * (46 + 9) + (4 + 16) + (4 + 8))
})

test('archives that need the end of zip64', () => {
  assert.is(directoryEnd(65_534, 10, 0xffff_fffe).length, 22)
  for (const large of [directoryEnd(65_535, 10, 20), directoryEnd(1, 10, 0xffff_ffff)]) {
    assert.is(large.length, 56 + 20 + 22)
    const view = new DataView(large.buffer)
    assert.is(view.getUint32(0, true), 0x06064b50)
    assert.is(view.getUint32(56, true), 0x07064b50)
    assert.is(
      view.getBigUint64(56 + 8, true),
      view.getBigUint64(40, true) + view.getBigUint64(48, true),
    )
    assert.is(view.getUint32(76, true), 0x06054b50)
  }
  const many = new DataView(directoryEnd(65_535, 10, 20).buffer)
  assert.equal([many.getBigUint64(24, true), many.getBigUint64(32, true)], [65_535n, 65_535n])
  assert.is(many.getUint16(76 + 10, true), 0xffff)
})

test.run()
