import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { halvesToFloats } from '../../src/checkpoint/read/half.ts'
import { type ImageModel, load } from '../../src/index.ts'
import { parseLines, result, start, temporaryFolder } from '../cli/run.ts'
import { account, namesIn, runBatch } from './jobs.ts'

// The embedded model, and real pictures.
const folder = temporaryFolder()
const pictures = ['chelsea.png', 'coffee.png', 'grace_hopper.jpg'].map((name) => `examples/${name}`)
const common = ['--dtype', 'int8', '--image-size', '96', '--shard-size', '2']

let model: ImageModel
test.before(async () => {
  model = await load(undefined, { dtype: 'int8', imageSize: 96 })
})
test.after(() => model.dispose())

async function compute(name: string, ...flags: string[]): Promise<string> {
  const job = join(folder, name)
  const { code, stderr } = await runBatch(...pictures, '--out', job, ...common, ...flags)
  assert.is(code, 0, stderr)
  await account(job, pictures)
  return job
}

function parquet(path: string) {
  const bytes = readFileSync(path)
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
  return { file, metadata: parquetMetadata(file) }
}

test('classes as JSON lines are those that classify gives', async () => {
  const job = await compute('classes', '--top', '3')
  assert.equal(namesIn(job, 'results').sort(), ['part-000000.jsonl', 'part-000001.jsonl'])
  const lines = namesIn(job, 'results')
    .sort()
    .flatMap((name) => parseLines(readFileSync(join(job, 'results', name), 'utf8')))
  assert.equal(
    lines.map(({ image }) => image),
    pictures,
  )
  for (const { image, predictions } of lines) {
    const wanted = await model.classify(image, { topK: 3 })
    assert.equal(
      predictions,
      wanted.map((one) => ({ ...one, probability: Number(one.probability.toPrecision(7)) })),
    )
  }
})

test('classes as parquet are lists without nulls', async () => {
  const job = await compute('classes-parquet', '--format', 'parquet')
  const { file, metadata } = parquet(join(job, 'results/part-000000.parquet'))
  assert.ok(metadata.schema.slice(1).every(({ repetition_type }) => repetition_type !== 'OPTIONAL'))
  const rows = await parquetReadObjects({ file })
  assert.is(rows.length, 2)
  const [first] = rows as {
    image: string
    index: number[]
    label: string[]
    probability: number[]
  }[]
  const wanted = await model.classify(pictures[0]!)
  assert.equal(
    first!.index,
    wanted.map(({ index }) => index),
  )
  assert.equal(
    first!.label,
    wanted.map(({ label }) => label),
  )
  for (const [i, { probability }] of wanted.entries()) {
    assert.ok(Math.abs(first!.probability[i]! - probability) < 1e-6)
  }
})

test('embeddings as parquet are LIST<FLOAT> of what embed gives', async () => {
  const job = await compute('vectors', '--embed', '--normalize')
  const { file, metadata } = parquet(join(job, 'results/part-000001.parquet'))
  const [, , embedding, , element] = metadata.schema
  assert.is(embedding!.converted_type, 'LIST')
  assert.is(embedding!.repetition_type, 'REQUIRED')
  assert.equal([element!.type, element!.repetition_type], ['FLOAT', 'REQUIRED'])
  const [row] = (await parquetReadObjects({ file })) as { image: string; embedding: number[] }[]
  assert.is(row!.image, pictures[2])
  assert.equal(row!.embedding, [...(await model.embed(pictures[2]!, { normalize: true }))])
})

test('npy is the layout of clip-retrieval, in f16', async () => {
  const job = await compute('clip', '--embed', '--pool', 'mean', '--format', 'npy')
  assert.equal(namesIn(job, 'img_emb').sort(), ['img_emb_0000.npy', 'img_emb_0001.npy'])
  assert.equal(namesIn(job, 'metadata').sort(), ['metadata_0000.parquet', 'metadata_0001.parquet'])
  const bytes = readFileSync(join(job, 'img_emb/img_emb_0000.npy'))
  const header = bytes.subarray(10, 128).toString()
  assert.match(header, /'descr': '<f2', 'fortran_order': False, 'shape': \(2, 192\)/)
  const halves = Uint16Array.from({ length: 2 * 192 }, (_, i) => bytes.readUInt16LE(128 + 2 * i))
  assert.is(bytes.length, 128 + 2 * halves.length)
  const floats = new Float32Array(halves.length)
  halvesToFloats(halves, floats)
  const wanted = await model.embed(pictures[0]!, { pool: 'mean' })
  for (const [i, value] of wanted.entries()) {
    assert.ok(Math.abs(floats[i]! - value) <= Math.abs(value) / 1024 + 1e-6)
  }
  const { file } = parquet(join(job, 'metadata/metadata_0000.parquet'))
  const rows = (await parquetReadObjects({ file })) as { image_path: string }[]
  assert.equal(
    rows.map(({ image_path }) => image_path),
    pictures.slice(0, 2),
  )
})

test('what can not be is refused', async () => {
  const refusals: [string[], RegExp][] = [
    [['--format', 'npy'], /npy holds embeddings/],
    [['--embed', '--format', 'jsonl', '--out-dtype', 'f16'], /JSON has no such numbers/],
    [['--pool', 'mean'], /--pool is for embeddings/],
    [['--embed', '--top', '3'], /--top is for classes/],
    [['--queue', 'rabbit'], /--queue is leases/],
    [['--completions', '3'], /--completions is for --queue kubernetes/],
  ]
  for (const [flags, message] of refusals) {
    const { code, stderr } = await runBatch(pictures[0]!, '--out', join(folder, 'no'), ...flags)
    assert.is(code, 2)
    assert.match(stderr, message)
  }
})

const node = process.env.VITRINE_NODE
if (node === undefined)
  console.log('int16 in another Node is not compared: VITRINE_NODE names none')

test('in int16 the bytes of results do not depend on the build that computes them', async () => {
  const sums = async (name: string, flags: readonly string[], engine?: string) => {
    const job = join(folder, name)
    const model = ['--dtype', 'int16', '--image-size', '96']
    const worker = start(['batch', ...pictures, '--out', job, ...model, ...flags], {}, engine)
    const { code, stderr } = await result(worker)
    assert.is(code, 0, stderr)
    return readFileSync(join(job, 'SHA256SUMS'), 'utf8')
  }
  for (const [i, format] of [['--embed', '--format', 'npy'], []].entries()) {
    const wide = await sums(`wide${i}`, [...format, '--threads', '2'])
    assert.match(wide, /^[0-9a-f]{64} {2}/)
    assert.is(await sums(`narrow${i}`, [...format, '--no-wide', '--threads', '1']), wide)
    if (node !== undefined) assert.is(await sums(`node${i}`, format, node), wide)
  }
})

test.run()
