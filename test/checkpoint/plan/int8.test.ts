import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Model, WeightSink } from '../../../src/backends/backend.ts'
import { createWasmBackend } from '../../../src/backends/wasm/wasm.ts'
import type { CheckpointFile, CheckpointInput } from '../../../src/checkpoint/checkpoint.ts'
import { loadWeights } from '../../../src/checkpoint/plan/load.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { collectBytes, writeSafetensors } from '../../../src/checkpoint/write/safetensors.ts'
import type { TensorToWrite } from '../../../src/checkpoint/write/tensor.ts'
import { model as embedded } from '../../../src/embedded/model.ts'
import { NumericError } from '../../../src/errors.ts'
import { encodeCheckpoint } from '../../../src/families/encode.ts'
import type { CheckpointPlan } from '../../../src/families/plan.ts'
import { official } from '../../../src/families/vit/names/official.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { vitProgram } from '../../../src/families/vit/program.ts'
import { withOutputs } from '../../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../../src/program/passes/rows.ts'
import { runnable } from '../../backends/wasm/builds/runnable.ts'
import { temporaryFolder } from '../../cli/run.ts'
import { planViT } from '../../families/vit/plan-vit.ts'
import { gaussian } from '../../random.ts'
import { rejects } from '../collect.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../models.ts'
import { simpleSafetensors } from '../simple.ts'

/** A checkpoint of random weights that was converted to int8. */
async function smallFile(): Promise<Uint8Array> {
  const tensors = tensorsOf(official, { ...smallConfig, width: 40, heads: 2, mlpWidth: 52 })
  const file = await openCheckpoint(await asSafetensors(tensors))
  const plan = await planViT(file, { heads: 2, imageSize: [12, 12] })
  return collectBytes(encodeCheckpoint(file, plan, { dtype: 'int8' }))
}

/** In pieces that cut rows, scales and integers anywhere. */
async function* stream(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.slice(at, at + length)
}

/** The same file, which can only be read as f32. */
const asFloats = ({ readInt8: _, ...file }: CheckpointFile): CheckpointFile => file

interface Loaded {
  readonly logits: Float32Array
  /** How many memories were made for it. */
  readonly memories: number
  /** Values that came in int8, by weight. */
  readonly int8: ReadonlyMap<string, number>
}

/** Loads a file, and runs it on one image. */
async function run(
  input: CheckpointInput,
  options: Parameters<typeof createWasmBackend>[0],
  change: (file: CheckpointFile) => CheckpointFile = (file) => file,
): Promise<Loaded> {
  const backend = await createWasmBackend({ wide: false, ...options })
  const file = await openCheckpoint(input)
  const plan = await planViT(file)
  const program = vitProgram(plan.config)
  const int8 = new Map<string, number>()
  const { result: model, memories } = await countingMemories(async () => {
    const model = backend.createModel(program.weights)
    await loadWeights(change(file), plan, counting(model, int8))
    return model
  })
  await file.close()
  const executable = model.compile(withoutUnusedRows(withOutputs(program, ['logits'])))
  const [height, width] = plan.config.imageSize
  const { logits } = await executable.run({ pixels: gaussian(7, height * width * 3) })
  model.dispose()
  return { logits: logits!, memories, int8 }
}

function counting(model: Model, int8: Map<string, number>): WeightSink {
  const { writeInt8 } = model
  return {
    write: model.write,
    ...(writeInt8 && {
      writeInt8(weight, region, start, values, scales) {
        int8.set(weight, (int8.get(weight) ?? 0) + values.length)
        writeInt8(weight, region, start, values, scales)
      },
    }),
  }
}

async function countingMemories<T>(action: () => Promise<T>) {
  const { Memory } = WebAssembly
  let memories = 0
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, [descriptor]) {
      memories++
      return new target(descriptor)
    },
  })
  try {
    return { result: await action(), memories }
  } finally {
    WebAssembly.Memory = Memory
  }
}

const written = (
  name: string,
  dtype: 'f32' | 'i8',
  shape: readonly number[],
  { buffer }: Float32Array | Int8Array,
): TensorToWrite => ({ name, dtype, shape, data: () => new Uint8Array(buffer) })

const blockKernels = (plan: CheckpointPlan) =>
  [...plan.pieces.keys()].filter((name) => /^blocks.*kernel$/.test(name))

for (const { name: kernels } of runnable) {
  for (const threads of [1, 2]) {
    const options = { kernels, threads, dtype: 'int8' } as const
    test(`${kernels}, ${threads} threads: int8 files give the bits that their floats give`, async () => {
      for (const bytes of [await smallFile(), new Uint8Array(readFileSync(embedded))]) {
        const plan = await planViT(await openCheckpoint(bytes))
        const floats = await run(bytes, options, asFloats)
        assert.is(floats.int8.size, 0)
        // One for the model, and one for what waits to be quantised.
        assert.is(floats.memories, 2)
        const inputs = [bytes, stream(bytes, 1009), stream(bytes, 300_007)]
        for (const input of inputs) {
          const found = await run(input, options)
          assert.equal(found.logits, floats.logits)
          assert.is(found.memories, 1)
          assert.equal([...found.int8.keys()].sort(), blockKernels(plan).sort())
        }
      }
    })
  }
}

test('backends without integers of 8 bits get floats', async () => {
  const bytes = await smallFile()
  for (const dtype of ['f32', 'int16'] as const) {
    const options = { kernels: 'simd8', threads: 1, dtype } as const
    const found = await run(bytes, options)
    assert.is(found.int8.size, 0)
    assert.equal(found.logits, (await run(bytes, options, asFloats)).logits)
  }
})

test('int8 of other files: a whole row is whole columns, or it comes as floats', async () => {
  const config = { ...smallConfig, distilled: true }
  // Heads are halved, patches are rearranged, a bias has no columns; the matrices can be taken as they are.
  const asInt8 = new Set([
    ...['head.weight', 'patch_embed.proj.weight', 'blocks.0.mlp.fc1.bias'],
    ...['blocks.1.attn.qkv.weight', 'blocks.1.mlp.fc2.weight'],
  ])
  const tensors = tensorsOf(timm, config).flatMap(({ name, shape, values }): TensorToWrite[] => {
    if (!asInt8.has(name)) return [written(name, 'f32', shape, values)]
    const scales = new Float32Array(shape[0]!).map((_, i) => 0.004 + i / 1e5)
    const integers = Int8Array.from(values, (v) => Math.round(v * 250))
    return [
      written(`${name}.scale`, 'f32', [scales.length], scales),
      written(name, 'i8', shape, integers),
    ]
  })
  const bytes = await collectBytes(
    writeSafetensors(tensors, {
      'vitrine.config': JSON.stringify(config),
      'vitrine.preprocess': 'timm',
    }),
  )
  const options = { kernels: 'simd8', threads: 1, dtype: 'int8' } as const
  const found = await run(bytes, options)
  const taken = ['fc2', 'key_value', 'query'].map((layer) => `blocks.1.${layer}.kernel`)
  assert.equal([...found.int8.keys()].sort(), taken)
  assert.equal(found.logits, (await run(bytes, options, asFloats)).logits)
})

test('scales may be in another file than their integers', async () => {
  const bytes = await smallFile()
  const { metadata } = await openCheckpoint(bytes)
  const folder = temporaryFolder()
  const parts: TensorToWrite[][] = [[], []]
  const map: Record<string, string> = {}
  for (const [name, { dtype, shape, data }] of simpleSafetensors(bytes)) {
    const part = Number(name.endsWith('.scale'))
    const type = dtype.toLowerCase() as TensorToWrite['dtype']
    parts[part]!.push({ name, dtype: type, shape, data: () => data })
    map[name] = `part-${part}.safetensors`
  }
  for (const [i, part] of parts.entries()) {
    const file = await collectBytes(writeSafetensors(part, metadata))
    writeFileSync(join(folder, `part-${i}.safetensors`), file)
  }
  const index = join(folder, 'model.safetensors.index.json')
  writeFileSync(index, JSON.stringify({ weight_map: map }))
  const options = { kernels: 'simd8', threads: 1, dtype: 'int8' } as const
  const whole = await run(bytes, options)
  const found = await run(index, options)
  assert.equal(found.logits, whole.logits)
  assert.equal(found.int8, whole.int8)
  assert.is(found.memories, 1)
})

test('scales that are not finite, or make values that are not, are found as in floats', async () => {
  const bytes = await smallFile()
  const header = new TextDecoder().decode(bytes.subarray(8, 1 << 15))
  const name = 'blocks.1.mlp.fc2.weight'
  const [, begin] = new RegExp(`"${name}.scale":[^}]*"data_offsets":\\[(\\d+)`).exec(header)!
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const at = 8 + Number(view.getBigUint64(0, true)) + Number(begin)
  const rowLength = 52
  for (const [row, scale] of [
    [0, Number.NaN],
    [2, Number.POSITIVE_INFINITY],
    [39, 3e38],
  ] as const) {
    const before = view.getFloat32(at + 4 * row, true)
    view.setFloat32(at + 4 * row, scale, true)
    const messages = []
    for (const change of [asFloats, (file: CheckpointFile) => file]) {
      const options = { kernels: 'simd8', threads: 1, dtype: 'int8' } as const
      messages.push((await rejects(run(bytes, options, change), NumericError)).message)
    }
    assert.is(messages[1], messages[0])
    const [, index] = /fc2\.weight .* value (\d+) is/.exec(messages[0]!)!
    assert.is(Math.floor(Number(index) / rowLength), row)
    view.setFloat32(at + 4 * row, before, true)
  }
})

test('integers as they are stored; other types have none', async () => {
  const bytes = await smallFile()
  const name = 'blocks.0.mlp.fc1.weight'
  for (const input of [bytes, stream(bytes, 77)]) {
    const file = await openCheckpoint(input)
    const values: number[] = []
    for await (const block of file.readInt8!(name)) {
      assert.instance(block, Int8Array)
      for (const value of block) values.push(value)
    }
    const { data } = simpleSafetensors(bytes).get(name)!
    assert.equal(Int8Array.from(values), new Int8Array(data.buffer, data.byteOffset, data.length))
  }
  const file = await openCheckpoint(bytes)
  const read = async (name: string) => {
    for await (const _ of file.readInt8!(name));
  }
  await rejects(read('head.weight'), Error, /head\.weight .* is f16, not i8/)
  await rejects(read('nothing'), Error, /no tensor "nothing"/)
})

test.run()
