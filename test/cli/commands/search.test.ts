import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet/src/index.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { load } from '../../../src/load.ts'
import { loadImageText } from '../../../src/text/load-image-text.ts'
import { parseLines, run, temporaryFolder } from '../run.ts'
import { tiny, tinyLiT, tinyVocabulary, writeRandom, writeTiny } from '../tiny-model.ts'

const folder = temporaryFolder()
const at = (name: string) => join(folder, name)
const weights = at('tiny.safetensors')
const lit = at('lit.safetensors')
const images = ['chelsea.png', 'coffee.png', 'grace_hopper.jpg', 'rocket.jpg'].map(
  (name) => `examples/${name}`,
)
const [chelsea, coffee] = images as [string, string]
// The reference backend computes the same bits in every process.
const backend = 'reference'
const exact = ['--weights', weights, '--backend', backend]

test.before(async () => {
  await writeTiny(weights)
  await writeRandom(lit, tinyLiT)
  writeFileSync(at('lit.txt'), tinyVocabulary)
})

const cosine = (one: Float32Array, other: Float32Array) => {
  const dot = one.reduce((sum, value, i) => sum + value * other[i]!, 0)
  return dot / Math.hypot(...one) / Math.hypot(...other)
}

/** What `search` should find, from the library. */
async function expected(query: string, pool?: 'class' | 'mean') {
  using vit = await load(weights, { backend })
  const wanted = await vit.embed(query, { pool })
  const vectors = await vit.embed(images, { pool })
  return images
    .map((image, i) => ({ image, similarity: cosine(wanted, vectors[i]!) }))
    .sort((a, b) => b.similarity - a.similarity)
}

/** @param bound f16 has 11 bits */
function assertFound(
  found: readonly { image: string; similarity: number }[],
  wanted: readonly { image: string; similarity: number }[],
  bound: number,
) {
  assert.equal(
    found.map(({ image }) => image),
    wanted.map(({ image }) => image),
  )
  found.forEach(({ similarity }, i) => {
    assert.ok(Math.abs(similarity - wanted[i]!.similarity) <= bound)
  })
}

const formats: [file: string, flags: string[], pool: 'mean' | undefined, bound: number][] = [
  ['photos.npy', ['-o'], undefined, 1e-6],
  ['half.npy', ['--out-dtype', 'f16', '--pool', 'mean', '--out'], 'mean', 1e-3],
  ['photos.parquet', ['--out'], undefined, 1e-6],
  ['half.parquet', ['--out-dtype', 'f16', '-o'], undefined, 1e-3],
  ['photos.jsonl', ['--normalize', '--pool', 'mean', '-o'], 'mean', 1e-6],
]

for (const [name, flags, pool, bound] of formats) {
  test(`embed ${name}, then search in it`, async () => {
    const file = at(name)
    const broken = at('broken.png')
    writeFileSync(broken, 'no picture')
    const made = await run(['embed', ...exact, ...images, broken, ...flags, file])
    assert.is(made.code, 1)
    assert.is(made.stdout, '')
    assert.match(made.stderr, /broken\.png: .*\(FORMAT\)/)
    assert.match(made.stderr, /: 4 x 32 float(16|32); 1 image failed and left no row\n$/)

    const json = await run(['search', file, coffee, ...exact, '--json'])
    assert.is(json.code, 0, json.stderr)
    const [found] = parseLines(json.stdout)
    assert.equal([found.image, found.file, found.rows], [coffee, file, 4])
    assertFound(found.top, await expected(coffee, pool), bound)
    assert.ok(found.top[0].image === coffee && found.top[0].similarity > 0.999)
    assert.not.ok(readdirSync(folder).some((name) => name.endsWith('.vitrine-draft')))
  })
}

test('search for people: a table, and how many were compared', async () => {
  const { code, stdout, stderr } = await run([
    ...['search', at('photos.npy'), chelsea, ...exact, '--top', '2'],
  ])
  assert.is(code, 0)
  const lines = stdout.trimEnd().split('\n')
  assert.is(lines.length, 3)
  assert.match(lines[0]!, /^similarity {2}image$/)
  assert.match(lines[1]!, /^ {4}1\.0000 {2}examples\/chelsea\.png$/)
  assert.is(stderr, 'the nearest of 4 images\n')
})

test('the parquet file is one for others: a name and a list of numbers in each row', async () => {
  const bytes = readFileSync(at('photos.parquet'))
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
  const rows = await parquetReadObjects({ file })
  using vit = await load(weights, { backend })
  const vectors = await vit.embed(images)
  assert.equal(
    rows,
    images.map((image, i) => ({ image, embedding: [...vectors[i]!] })),
  )
})

test('JSON lines have the name and the numbers; what made them lies beside', async () => {
  using vit = await load(weights, { backend })
  const vectors = await vit.embed(images, { pool: 'mean', normalize: true })
  assert.equal(
    parseLines(readFileSync(at('photos.jsonl'), 'utf8')),
    images.map((image, i) => ({ image, embedding: [...vectors[i]!] })),
  )
  const { vitrine: record } = JSON.parse(readFileSync(at('photos.jsonl.json'), 'utf8'))
  const { maker, ...others } = record
  assert.equal(others, {
    ...{ version: 1, subject: 'image', pool: 'mean', normalized: true },
    ...{ shape: [tiny.width], dtype: 'f32' },
  })
  assert.is(maker.weights, weights)
  assert.equal(maker.config, vit.config)
})

test('a text searches images, and an image texts', async () => {
  const model = ['--weights', lit, '--backend', backend]
  assert.is((await run(['embed', ...model, ...images, '-o', at('lit.parquet')])).code, 0)
  const query = ['search', at('lit.parquet'), '--text', 'a cat', '--json']
  const byText = await run([...query, ...model])
  assert.is(byText.code, 0, byText.stderr)
  const [found] = parseLines(byText.stdout)
  assert.is(found.text, 'a cat')
  using both = await loadImageText(lit, { backend })
  const text = await both.embedText('a cat')
  const vectors = await both.embed(images)
  const wanted = images
    .map((image, i) => ({ image, similarity: cosine(text, vectors[i]!) }))
    .sort((a, b) => b.similarity - a.similarity)
  assertFound(found.top, wanted, 1e-6)

  const texts = ['--text', 'a cat', '--text', 'a dog']
  assert.is((await run(['embed', ...model, ...texts, '-o', at('texts.jsonl')])).code, 0)
  const [labels] = parseLines(
    (await run(['search', at('texts.jsonl'), chelsea, ...model, '--json'])).stdout,
  )
  assert.equal(labels.top.map(({ text }: { text: string }) => text).sort(), ['a cat', 'a dog'])
})

test('vectors of another model are refused, and it is said what differs', async () => {
  const other = at('other.safetensors')
  await writeTiny(other, 48)
  const file = at('photos.npy')
  const withWeights = (path: string, ...flags: string[]) =>
    run(['search', file, chelsea, '--weights', path, '--backend', backend, ...flags])
  const shape = await withWeights(other)
  assert.is(shape.code, 2)
  assert.match(shape.stderr, /photos\.npy was made by another model, .*tiny\.safetensors \(vit\)/)
  assert.match(shape.stderr, /mlpWidth is 64 there, 48 here\./)
  const recipe = await withWeights(weights, '--crop', '0.5')
  assert.match(recipe.stderr, /preprocess\.cropFraction is .* there, 0\.5 here/)
  // The same structure with other weights.
  const twin = at('twin.safetensors')
  const bytes = readFileSync(weights)
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + start))
  for (let i = 0; i < values.length; i++) values[i] = Math.sin(i) / 4
  writeFileSync(twin, Buffer.concat([bytes.subarray(0, start), Buffer.from(values.buffer)]))
  assert.match((await withWeights(twin)).stderr, /: the weights are others\./)
  const none = await run(['search', file, chelsea])
  assert.is(none.code, 2)
  assert.match(none.stderr, /were embedded with --weights .*tiny\.safetensors; name the same model/)
  // Integers are the same model.
  const integers = await run(['search', file, chelsea, '--weights', weights, '--dtype', 'int8'])
  assert.is(integers.code, 0, integers.stderr)
})

test('files that are damaged, of others, or not for searching are named', async () => {
  const file = at('photos.npy')
  copyFileSync(file, at('alone.npy'))
  const changed = readFileSync(file)
  changed.writeFloatLE(3, 140)
  writeFileSync(at('changed.npy'), changed)
  copyFileSync(`${file}.json`, at('changed.npy.json'))
  writeFileSync(at('short.npy'), readFileSync(file).subarray(0, 300))
  copyFileSync(`${file}.json`, at('short.npy.json'))
  writeFileSync(at('text.parquet'), 'not parquet at all')
  const line = `${JSON.stringify({ image: 'x', embedding: [1, 2] })}\n`
  writeFileSync(at('lines.jsonl'), line)
  copyFileSync(at('photos.jsonl.json'), at('lines.jsonl.json'))
  const tokens = ['embed', ...exact, ...images, '--pool', 'tokens', '-o', at('tokens.npy')]
  const made = await run(tokens)
  assert.match(made.stderr, /4 x 16 x 32 float32\n$/)
  const cases: [args: string[], code: number, message: RegExp][] = [
    [[at('alone.npy'), chelsea, ...exact], 1, /there is no .*alone\.npy\.json/],
    [[at('changed.npy'), chelsea, ...exact], 1, /changed\.npy has changed since/],
    [[at('short.npy'), chelsea, ...exact], 1, /short\.npy is not the array that/],
    [[at('text.parquet'), chelsea, ...exact], 1, /text\.parquet is no valid parquet file/],
    [[at('lines.jsonl'), chelsea, ...exact], 1, /Line 1 of .*lines\.jsonl is not .*32 numbers/],
    [[at('none.npy'), chelsea, ...exact], 1, /Can't read the vectors/],
    [['vectors.csv', chelsea], 2, /ends in \.npy, \.parquet, \.jsonl/],
    [[at('tokens.npy'), chelsea, ...exact], 2, /16 vectors for each image/],
    [[at('photos.jsonl'), '--text', 'a cat', ...exact], 2, /pool 'mean', which does not lie/],
    [[file, ...exact], 2, /either an image or --text/],
    [[file, chelsea, '--text', 'a cat', ...exact], 2, /either an image or --text/],
    [[file, chelsea, '--vocabulary', 'x', ...exact], 2, /--vocabulary .* see --text/],
    [[file, '--text', 'a cat', ...exact], 1, /images only/],
    [[file, 'no.png', ...exact], 1, /no\.png/],
  ]
  for (const [args, code, message] of cases) {
    const found = await run(['search', ...args])
    assert.is(found.code, code, `${args.join(' ')}: ${found.stderr}`)
    assert.match(found.stderr, message)
    assert.is(found.stdout, '')
  }
})

test('embed: flags that do not go together are refused before anything is computed', async () => {
  const cases: [args: string[], message: RegExp][] = [
    [['--out', 'x.csv'], /ends in \.npy, \.parquet, \.jsonl/],
    [['--out', 'x.jsonl', '--out-dtype', 'f16'], /JSON has no such numbers/],
    [['--out-dtype', 'f16'], /--out-dtype needs -o FILE/],
    [['--out', 'x.parquet', '--names', 'x.txt'], /--names goes with \.npy/],
    [['--out', at('x.npy'), '--names', at('x.npy.json')], /write the same file/],
    [['--out', 'x.npy', '--output', 'y.npy'], /--out.*cannot be used with|conflict/],
    [['--out', 'x.npy', '--json'], /leave out --csv and --json/],
    [['--pool', 'max'], /Allowed choices are class, mean, map, tokens/],
  ]
  for (const [args, message] of cases) {
    const { code, stderr } = await run(['embed', chelsea, ...exact, ...args])
    assert.is(code, 2, args.join(' '))
    assert.match(stderr, message)
  }
  const map = await run(['embed', chelsea, ...exact, '--pool', 'map'])
  assert.is(map.code, 1)
  assert.match(map.stderr, /no attention pooling \(MAP\).*it has class, mean, tokens/)
})

test.run()
