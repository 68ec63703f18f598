import { mkdtempSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import type { CheckpointInput, DType } from '../../src/checkpoint/checkpoint.ts'
import { loadWeights } from '../../src/checkpoint/plan/load.ts'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { bytesSource } from '../../src/checkpoint/source/memory.ts'
import type { ByteSource } from '../../src/checkpoint/source/source.ts'
import { collectBytes } from '../../src/checkpoint/write/safetensors.ts'
import { DisposedError, NumericError, SourceError } from '../../src/errors.ts'
import type { DualConfig } from '../../src/families/dual/config.ts'
import { dualTextProgram } from '../../src/families/dual/text-program.ts'
import { encodeCheckpoint } from '../../src/families/encode.ts'
import { planOwn } from '../../src/families/own-plan.ts'
import type { Weight } from '../../src/program/values.ts'
import { type ImageTextOptions, loadImageText } from '../../src/text/index.ts'
import { rejects } from '../checkpoint/collect.ts'
import { asSafetensors, randomTensors } from '../checkpoint/models.ts'
import { smallSiglip } from '../families/vision/variations.ts'
import { sentencePieces } from './tiny-lit.ts'

// The table of tokens stays in its file; the embeddings are those of a program that has it as a weight.

const config: DualConfig = {
  ...smallSiglip,
  textWidth: 64,
  vocabulary: 60_000,
  cleaning: 'transformers',
}
const tableName = 'text.token_embed.weight'
const texts = ['a dog', 'cats of a dog', '', 'b', 'a cat a cat a cat a cat']

/** Stored values of a table that differ from row to row, and are normal numbers in each type. */
function tableOf(dtype: DType): Float32Array | Uint16Array {
  const count = config.vocabulary * config.textWidth
  const bits = (i: number) => Math.imul(i, 2654435761) >>> 16
  if (dtype === 'f32') return Float32Array.from({ length: count }, (_, i) => bits(i) / 65536 - 0.5)
  const exponent = dtype === 'f16' ? 0x3800 : 0x3f00
  const mask = dtype === 'f16' ? 0x83ff : 0x807f
  return Uint16Array.from({ length: count }, (_, i) => (bits(i) & mask) | exponent)
}

const tensors = await randomTensors({ ...config, vocabulary: 1 }, 'own')
const metadata = ownMetadata({ config, recipe: 'timm' })

const files: Partial<Record<DType, Promise<Uint8Array>>> = {}
function fileOf(dtype: 'f32' | 'f16' | 'bf16' = 'f32'): Promise<Uint8Array> {
  files[dtype] ??= asSafetensors(
    tensors.map((tensor) => {
      if (tensor.name !== tableName) return tensor
      const shape = [config.vocabulary, config.textWidth]
      return { ...tensor, dtype, shape, values: tableOf(dtype) as Float32Array }
    }),
    metadata,
  )
  return files[dtype]
}

/** How a caller may give bytes to be read once. */
async function* streamOf(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 1 << 20) yield bytes.slice(at, at + (1 << 20))
}

/** Bytes that are read at any place, of which each reading is written down. */
function counting(bytes: Uint8Array) {
  const reads: [from: number, to: number][] = []
  const state = { open: 0, reads }
  const open = (): ByteSource => {
    const inner = bytesSource(bytes, 'counted.safetensors')
    state.open++
    return {
      ...inner,
      read(offset, length) {
        reads.push([offset, offset + length])
        return inner.read(offset, length)
      },
      share: open,
      async close() {
        state.open--
      },
    }
  }
  return { state, source: open() }
}

const optionsOf = (backend: ImageTextOptions['backend'] = 'reference'): ImageTextOptions => ({
  backend,
  vocabulary: sentencePieces,
  onNotice: () => {},
})

const load = (input: CheckpointInput | ByteSource, backend?: ImageTextOptions['backend']) =>
  loadImageText(input as CheckpointInput, optionsOf(backend))

/** The embeddings of a program that looks up tokens itself, in float64. */
async function expectedOf(bytes: Uint8Array, tokens: readonly Int32Array[]) {
  const file = await openCheckpoint(bytes)
  const plan = (await planOwn(file, {}, {}))!
  const program = dualTextProgram(config, config.maxLength)
  const model = referenceBackend.createModel(program.weights)
  const pieces = new Map(program.weights.map(({ name }) => [name, plan.pieces.get(name)!]))
  await loadWeights(file, { ...plan, pieces }, model)
  const executable = model.compile(program)
  const results: Float32Array[] = []
  for (const text of tokens) results.push((await executable.run({ tokens: text })).features!)
  return results
}

function assertClose(found: readonly Float32Array[], expected: readonly Float32Array[]) {
  assert.is(found.length, expected.length)
  found.forEach((vector, i) => {
    vector.forEach((value, k) => {
      assert.ok(Math.abs(value - expected[i]![k]!) < 5e-5, `${value}, not ${expected[i]![k]}`)
    })
  })
}

for (const dtype of ['f32', 'f16', 'bf16'] as const) {
  test(`a table of ${dtype}: a file, a Blob, bytes and a stream give the embeddings of the program`, async () => {
    const bytes = await fileOf(dtype)
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-table-'))
    try {
      const path = join(folder, 'model.safetensors')
      writeFileSync(path, bytes)
      let expected: Float32Array[] | undefined
      const inputs = [path, new Blob([bytes as Uint8Array<ArrayBuffer>]), bytes, streamOf(bytes)]
      for (const input of inputs) {
        const model = await load(input)
        expected ??= await expectedOf(
          bytes,
          texts.map((text) => model.tokenizer.encode(text, config.maxLength)),
        )
        assertClose(await model.embedText(texts), expected)
        assertClose(await model.embedText(texts), expected)
        model.dispose()
        await rejects(model.embedText(texts), DisposedError)
      }
      const wasm = await load(path, 'wasm')
      assertClose(await wasm.embedText(texts), expected!)
      wasm.dispose()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

test('only rows of the texts are read, once each, and the backend never has the table', async () => {
  const bytes = await fileOf()
  const header = await openCheckpoint(bytes)
  const begin = header.locate!(tableName).offset
  const rowBytes = 4 * config.textWidth
  const end = begin + config.vocabulary * rowBytes
  const { state, source } = counting(bytes)
  const created: (readonly Weight[])[] = []
  const { createModel } = referenceBackend
  referenceBackend.createModel = (weights, ...others) => {
    created.push(weights)
    return createModel(weights, ...others)
  }
  try {
    const model = await load(source)
    const values = created.flat().map(({ shape: [rows, columns] }) => rows * columns)
    assert.ok(values.length > 10)
    assert.ok(values.reduce((sum, count) => sum + count, 0) < 200_000)
    const ofTable = () => state.reads.filter(([from, to]) => from < end && to > begin)
    assert.equal(ofTable(), [])

    await model.embedText(texts)
    const encoded = texts.map((text) => model.tokenizer.encode(text, config.maxLength))
    const wanted = [...new Set(encoded.flatMap((tokens) => [...tokens]))]
    const rows = ofTable().map(([from, to]) => {
      assert.is(to - from, rowBytes)
      return (from - begin) / rowBytes
    })
    assert.equal(
      [...new Set(rows)].sort((a, b) => a - b),
      wanted.sort((a, b) => a - b),
    )
    const before = state.reads.length
    await model.embedText(texts)
    assert.is(state.reads.length, before)
    assert.is(state.open, 1)
    model.dispose()
    assert.is(state.open, 0)
  } finally {
    referenceBackend.createModel = createModel
  }
})

test('a file that is gone, cut or changed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-table-'))
  try {
    const bytes = await fileOf()
    const path = join(folder, 'model.safetensors')
    const fresh = async () => {
      writeFileSync(path, bytes)
      return load(path)
    }
    if (process.platform !== 'win32') {
      // An open file is there until it is closed.
      const gone = await fresh()
      unlinkSync(path)
      assert.is((await gone.embedText('a dog')).length, config.embedding)
      gone.dispose()
    }
    const cut = await fresh()
    truncateSync(path, 1000)
    await rejects(cut.embedText('a dog'), SourceError, /model\.safetensors ended at byte/)
    cut.dispose()

    const changed = await fresh()
    const handle = await openFile(path, 'r+')
    await handle.write(Uint8Array.of(0), 0, 1, bytes.length - 1)
    await handle.utimes(1, 1)
    await handle.close()
    await rejects(changed.embedText('a dog'), SourceError, /model\.safetensors was changed since/)
    changed.dispose()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('values that are not finite are refused when they are read, and a failed load closes the file', async () => {
  const bytes = Uint8Array.from(await fileOf())
  const { offset } = (await openCheckpoint(bytes)).locate!(tableName)
  const { padding } = await load(bytes).then((model) => model.tokenizer)
  new DataView(bytes.buffer).setFloat32(offset + 4 * padding * config.textWidth, Number.NaN, true)
  const { state, source } = counting(bytes)
  const model = await load(source)
  await rejects(model.embedText('a dog'), NumericError, /token_embed\.weight.*row \d+ has NaN/)
  model.dispose()
  assert.is(state.open, 0)
  await rejects(load(bytes), NumericError, /token_embed\.weight/)

  const wrong = tensors.map((tensor) =>
    tensor.name === 'text.norm.weight'
      ? { ...tensor, values: tensor.values.map(() => Number.POSITIVE_INFINITY) }
      : tensor,
  )
  const own = ownMetadata({ config: { ...config, vocabulary: 64 } as DualConfig, recipe: 'timm' })
  const small = wrong.map((tensor) =>
    tensor.name === tableName
      ? {
          ...tensor,
          shape: [64, config.textWidth],
          values: new Float32Array(64 * config.textWidth),
        }
      : tensor,
  )
  const broken = counting(await asSafetensors(small, own))
  await rejects(load(broken.source), NumericError, /text\.norm\.weight/)
  assert.is(broken.state.open, 0)
})

test('a file that is written has the table', async () => {
  const file = await openCheckpoint(await fileOf('bf16'))
  const plan = (await planOwn(file, {}, {}))!
  const written = await collectBytes(encodeCheckpoint(file, plan, { dtype: 'f32' }))
  const [before, after] = [await load(await fileOf('bf16')), await load(written)]
  assert.equal(await after.embedText(texts), await before.embedText(texts))
})

test.run()
