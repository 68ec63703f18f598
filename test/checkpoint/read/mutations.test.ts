import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { VitrineError } from '../../../src/errors.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { random } from '../../random.ts'
import { readAll } from '../collect.ts'
import { concat, npyF32, npyHeader, npyOf, zipOf } from '../make.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../models.ts'

const next = random(20_12)
const below = (n: number) => Math.floor(next() * n)

/** Values that sit on the edges of the fields of headers. */
const edges = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x7b, 0x7d]

/** One random damage: a bit, a byte, a 32-bit field, a cut, a hole, a repetition, an insertion. */
function damage(bytes: Uint8Array): Uint8Array {
  const at = below(bytes.length)
  const length = 1 + below(24)
  const changed = Uint8Array.from(bytes)
  switch (below(8)) {
    case 0:
      changed[at]! ^= 1 << below(8)
      return changed
    case 1:
      changed[at] = edges[below(edges.length)]!
      return changed
    case 2:
      changed[at] = below(256)
      return changed
    case 3:
      changed.fill(below(2) * 0xff, at, at + 4)
      return changed
    case 4:
      return changed.subarray(0, at)
    case 5:
      return concat(bytes.subarray(0, at), bytes.subarray(at + length))
    case 6:
      return concat(bytes.subarray(0, at + length), bytes.subarray(at))
    default:
      return concat(
        bytes.subarray(0, at),
        Uint8Array.from({ length }, () => below(256)),
        bytes.subarray(at),
      )
  }
}

function mutated(bytes: Uint8Array): Uint8Array {
  let result = damage(bytes)
  for (let more = below(3); more > 0 && result.length > 0; more--) result = damage(result)
  return result
}

const float = Float32Array.from({ length: 6 }, (_, i) => i / 3)
const arrays = [
  { name: 'a/kernel.npy', data: npyF32([2, 3], float) },
  {
    name: 'b.npy',
    data: npyOf(npyHeader('>i2', [2, 2], true), new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7])),
  },
]

/** Reads everything. Tensor values by name, or undefined where one of our errors was thrown. */
async function outcome(bytes: Uint8Array): Promise<Map<string, Float32Array> | undefined> {
  try {
    const file = await openCheckpoint(bytes, { maxBytes: 1 << 20 })
    const values = new Map<string, Float32Array>()
    for (const [name, { shape }] of file.tensors) {
      const read = await readAll(file, name)
      assert.is(
        read.length,
        shape.reduce((product, side) => product * side, 1),
      )
      values.set(name, read)
    }
    return values
  } catch (error) {
    if (!(error instanceof VitrineError)) throw error
    return undefined
  }
}

async function checkNpz(good: Uint8Array, count: number): Promise<void> {
  const expected = await outcome(good)
  assert.is(expected?.size, 2)
  let refused = 0
  for (let i = 0; i < count; i++) {
    const bytes = mutated(good)
    const found = await outcome(bytes)
    if (found)
      assert.equal(found, expected, `mutation ${i}: ${Buffer.from(bytes).toString('base64')}`)
    else refused++
  }
  // Fields that nobody needs (times, attributes) may change; nearly everything else must not.
  assert.ok(refused > count * 0.7, `${refused} of ${count} refused`)
}

// Other tests have taken memory of this process before.
let before = 0
test.before(() => {
  before = process.memoryUsage().rss
})

test('3,500 damaged npz, stored: an error or the right values', () => checkNpz(zipOf(arrays), 3500))

test('2,500 damaged npz, deflated and in zip64: an error or the right values', async () => {
  const deflated = arrays.map((member) => ({ ...member, deflate: true }))
  await checkNpz(zipOf(deflated), 1500)
  const zip64 = arrays.map((member) => ({ ...member, zip64: true }))
  await checkNpz(zipOf(zip64, { zip64: true }), 1000)
})

test('4,000 damaged safetensors: an error, or tensors of the declared shapes', async () => {
  const header = (tensors: Record<string, unknown>) => JSON.stringify(tensors)
  const text = header({
    __metadata__: { format: 'pt' },
    a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
    'q.scale': { dtype: 'F32', shape: [2], data_offsets: [16, 24] },
    q: { dtype: 'I8', shape: [2, 4], data_offsets: [24, 32] },
  })
  const bytes = new TextEncoder().encode(text)
  const length = new Uint8Array(8)
  new DataView(length.buffer).setUint32(0, bytes.length, true)
  const good = concat(length, bytes, new Uint8Array(32).fill(1))
  assert.is((await outcome(good))?.size, 3)
  for (let i = 0; i < 4000; i++) await outcome(mutated(good))
})

test('1,000 damaged models: an error, or a plan that stays within its tensors', async () => {
  const good = await asSafetensors(tensorsOf(timm, { ...smallConfig, depth: 1 }))
  const headerBytes = Number(new DataView(good.buffer).getBigUint64(0, true)) + 8
  const header = good.subarray(0, headerBytes)
  for (let i = 0; i < 1000; i++) {
    try {
      const file = await openCheckpoint(concat(mutated(header), good.subarray(headerBytes)))
      const plan = await planCheckpoint(file, { heads: 2 })
      for (const { tensor, start, count } of [...plan.pieces.values()].flat()) {
        const size = file.tensors.get(tensor)!.shape.reduce((product, side) => product * side, 1)
        assert.ok(start + count <= size)
      }
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error
    }
  }
})

test('none of it took much memory', () => {
  // 11,000 files of less than a kilobyte, each limited to 1 MiB; the rest is garbage of the engine.
  assert.ok(process.memoryUsage().rss - before < 384 * 2 ** 20)
})

test.run()
