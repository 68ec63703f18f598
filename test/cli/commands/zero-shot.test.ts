import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../../src/checkpoint/plan/metadata.ts'
import { loadImageText } from '../../../src/text/load-image-text.ts'
import { asSafetensors, randomTensors } from '../../checkpoint/models.ts'
import { smallNaflex } from '../../families/vision/variations.ts'
import { makeModel, special } from '../../text/sentencepiece-file.ts'
import { parseLines, run, temporaryFolder } from '../run.ts'
import { tinyLiT, tinyVocabulary, writeRandom, writeTiny } from '../tiny-model.ts'

const folder = temporaryFolder()
const weights = join(folder, 'lit.safetensors')
const chelsea = 'examples/chelsea.png'
const coffee = 'examples/coffee.png'
const backend = 'reference'
/** The reference backend computes the same bits in every process. */
const model = ['--weights', weights, '--backend', backend]

test.before(async () => {
  await writeRandom(weights, tinyLiT)
  writeFileSync(join(folder, 'lit.txt'), tinyVocabulary)
})

test('zero-shot: probabilities of labels, as the library has them', async () => {
  const labels = ['a cat', 'a dog', 'cats']
  using lit = await loadImageText(weights, { backend })
  const classifier = await lit.zeroShot(labels)
  const args = ['zero-shot', chelsea, coffee, ...model]
  const json = await run([...args, '--labels', 'a cat, a dog', '--labels', 'cats', '--json'])
  assert.is(json.code, 0, json.stderr)
  const rows = parseLines(json.stdout)
  assert.equal(
    rows.map(({ image }: { image: string }) => image),
    [chelsea, coffee],
  )
  assert.equal(rows[0].top, await classifier.classify(chelsea))
  const file = join(folder, 'labels.json')
  writeFileSync(file, JSON.stringify(labels))
  const csv = await run([...args, '--labels-file', file, '--csv', '--top', '1'])
  const [first] = await classifier.classify(coffee, { topK: 1 })
  const records = csv.stdout.trimEnd().split('\n')
  assert.is(records.length, 3)
  assert.is(records[0], 'image,rank,index,label,probability')
  assert.is(records[2], `${coffee},1,${first!.index},${first!.label},${first!.probability}`)
  const shown = await run([...args, '--labels-file', file])
  assert.match(shown.stdout, /^.*chelsea\.png \d+ ms\n {2}.* %\n/)
})

test('zero-shot: templates, labels for themselves, labels of a data set', async () => {
  using lit = await loadImageText(weights, { backend })
  const args = ['zero-shot', chelsea, ...model, '--json']
  const templates = ['{}', 'a photo of a {}']
  const given = templates.flatMap((text) => ['--template', text])
  const several = await run([...args, '--labels', 'cat,dog', ...given, '--multi-label'])
  const classifier = await lit.zeroShot(['cat', 'dog'], { templates, multiLabel: true })
  assert.equal(parseLines(several.stdout)[0].top, await classifier.classify(chelsea))
  const named = await run([...args, '--labels-file', 'cifar10', '--top', '10'])
  assert.is(parseLines(named.stdout)[0].top.length, 10)
})

test('SigLIP 2 NaFlex: labels, vectors and the search in them, with pictures of any aspect ratio', async () => {
  const words = ['▁', '▁a', '▁dog', '▁cat', 'd', 'o', 'g', 'c', 'a', 't']
  const pieces = [...special, ...words.map((text, i) => ({ text, score: -1 - i }))]
  const config = { ...smallNaflex, vocabulary: pieces.length, cleaning: 'transformers' } as const
  const beside = join(folder, 'naflex')
  mkdirSync(beside)
  const file = join(beside, 'model.safetensors')
  const metadata = ownMetadata({ config, recipe: 'naflex' })
  writeFileSync(file, await asSafetensors(await randomTensors(config, 'own'), metadata))
  writeFileSync(join(beside, 'spiece.model'), makeModel({ type: 1, pieces }))
  const given = ['--weights', beside, '--backend', backend]
  using naflex = await loadImageText(beside, { backend, preprocess: { maxPatches: 24 } })
  const labels = ['a dog', 'a cat']
  const classifier = await naflex.zeroShot(labels)
  const patches = ['--max-patches', '24']
  const found = await run([
    'zero-shot',
    chelsea,
    ...given,
    ...patches,
    '--labels',
    labels.join(),
    '--json',
  ])
  assert.is(found.code, 0, found.stderr)
  assert.equal(parseLines(found.stdout)[0].top, await classifier.classify(chelsea))
  const vectors = join(folder, 'naflex.npy')
  assert.is((await run(['embed', chelsea, coffee, '-o', vectors, ...given])).code, 0)
  const nearest = await run(['search', vectors, chelsea, '--json', ...given])
  assert.is(nearest.code, 0, nearest.stderr)
  assert.match(nearest.stdout, /chelsea.*coffee/s)
  const inspected = await run(['inspect', file])
  assert.match(inspected.stdout, /any aspect ratio in patches of 4 x 4/)
  assert.match(inspected.stdout, /patches, bilinear, at most 256 of an image/)
  const sized = await run(['embed', chelsea, ...given, '--image-size', '32'])
  assert.match(sized.stderr, /keep their aspect ratio/)
})

test('the vocabulary lies beside the checkpoint, or is named', async () => {
  const alone = join(folder, 'alone.npz')
  assert.is((await run(['convert', weights, '-o', alone])).code, 0)
  const args = ['zero-shot', chelsea, '--labels', 'cat,dog', '--weights', alone]
  const config = ['--config', 'textHeads=2']
  const missing = await run([...args, ...config])
  assert.is(missing.code, 1)
  assert.match(missing.stderr, /alone\.txt nor vocab\.txt lies beside it/)
  const named = await run([...args, ...config, '--vocabulary', join(folder, 'lit.txt')])
  assert.is(named.code, 0, named.stderr)
  copyFileSync(join(folder, 'lit.txt'), join(folder, 'alone.txt'))
  assert.is((await run([...args, ...config])).code, 0)
})

test('embed --text: vectors in the space of images', async () => {
  using lit = await loadImageText(weights, { backend })
  const expected = await lit.embedText(['a cat', 'dogs'], { normalize: true })
  const args = ['embed', '--text', 'a cat', '--text', 'dogs', '--normalize', ...model]
  const rows = parseLines((await run([...args, '--json'])).stdout)
  assert.equal(
    rows.map(({ text, embedding }: { text: string; embedding: number[] }) => [text, embedding]),
    [
      ['a cat', [...expected[0]!]],
      ['dogs', [...expected[1]!]],
    ],
  )
  const csv = (await run([...args, '--csv'])).stdout.split('\n')
  assert.match(csv[0]!, /^text,0,1,.*,11$/)
  assert.is(csv[2], `dogs,${expected[1]!.join()}`)
  const [output, names] = ['texts.npy', 'texts.txt'].map((name) => join(folder, name))
  const saved = await run([...args, '-o', output!, '--names', names!])
  assert.match(saved.stderr, /2 x 12 float32/)
  assert.is(readFileSync(names!, 'utf8'), 'a cat\ndogs\n')
  const values = readFileSync(output!).subarray(128)
  assert.is(values.readFloatLE(12 * 4), expected[1]![0])
})

test('mistakes are named', async () => {
  const tiny = join(folder, 'tiny.safetensors')
  await writeTiny(tiny)
  const file = join(folder, 'empty.txt')
  writeFileSync(file, 'a cat\n\na dog\n')
  const cases: [args: string[], code: number, message: RegExp][] = [
    [['zero-shot', chelsea, ...model], 2, /needs labels/],
    [['zero-shot', chelsea, '--labels', 'cat'], 2, /--weights, such as LiT-B16B_2/],
    [['zero-shot', chelsea, ...model, '--labels', 'a,,b'], 2, /Label 2 of 3 is empty/],
    [['zero-shot', chelsea, ...model, '--labels-file', file], 2, /Label 2 of 3 is empty/],
    [['zero-shot', chelsea, ...model, '--labels', 'a', '--template', 'b'], 2, /text with \{\}/],
    [['zero-shot', ...model, '--labels', 'a'], 2, /missing required argument 'image'/],
    [['zero-shot', chelsea, '--labels', 'a', '--weights', tiny], 1, /images only/],
    [['embed', '--text', 'a', '--weights', tiny], 1, /images only/],
    [['classify', chelsea, coffee, ...model], 1, /^[^\n]*no classes of its own.*zero-shot.*\n$/],
    [['embed', chelsea, '--text', 'a', ...model], 2, /images or --text, not both/],
    [['embed', chelsea, ...model, '--vocabulary', 'x'], 2, /--vocabulary .* see --text/],
  ]
  for (const [args, code, message] of cases) {
    const found = await run(args)
    assert.is(found.code, code, args.join(' '))
    assert.match(found.stderr, message)
    assert.is(found.stdout, '')
  }
})

test.run()
