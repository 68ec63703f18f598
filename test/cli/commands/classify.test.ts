import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { load } from '../../../src/load.ts'
import { parseLines, run, temporaryFolder } from '../run.ts'
import { writeTiny } from '../tiny-model.ts'

const folder = temporaryFolder()
const weights = join(folder, 'tiny.safetensors')
const broken = join(folder, 'broken.png')
const chelsea = 'examples/chelsea.png'
const coffee = 'examples/coffee.png'
// The reference backend computes the same bits in every process; wasm may choose other kernels.
const exact = ['--backend', 'reference']
const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']

test.before(async () => {
  await writeTiny(weights)
  writeFileSync(broken, readFileSync(chelsea).subarray(0, 1000))
})

test('classify --json writes one object per image, with the results of the API', async () => {
  const flags = ['--weights', weights, '--json', '--top', '3', ...exact]
  const { code, stdout, stderr } = await run(['classify', ...flags, chelsea, coffee])
  assert.is(stderr, '')
  assert.is(code, 0)
  using vit = await load(weights, { backend: 'reference' })
  const lines = parseLines(stdout)
  assert.equal(
    lines.map((line) => line.image),
    [chelsea, coffee],
  )
  for (const { image, top, ms } of lines) {
    assert.equal(top, await vit.classify(image, { topK: 3 }))
    assert.ok(ms > 0)
  }
})

test('classify shows labels, bars and percentages in 80 columns', async () => {
  const labels = join(folder, 'labels.txt')
  writeFileSync(labels, names.join('\n'))
  const { code, stdout } = await run([
    'classify',
    '--weights',
    weights,
    '--labels',
    labels,
    chelsea,
  ])
  assert.is(code, 0)
  const [title, ...lines] = stdout.trimEnd().split('\n')
  assert.match(title!, /^examples\/chelsea\.png \d+ ms$/)
  assert.is(lines.length, 5)
  for (const line of lines) {
    assert.match(line, /^ {2}(zero|one|two|three|four|five|six|seven|eight|nine) .* \d+\.\d %$/)
    assert.ok([...line].length <= 80)
  }
})

test('colours are for terminals; FORCE_COLOR forces them, NO_COLOR wins', async () => {
  const args = ['classify', '--weights', weights, chelsea]
  const colour = String.fromCharCode(27)
  assert.not.ok((await run(args)).stdout.includes(colour))
  assert.ok((await run(args, { env: { FORCE_COLOR: '1' } })).stdout.includes(colour))
  const both = await run(args, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })
  assert.not.ok(both.stdout.includes(colour))
})

test('an image that fails is reported, the others continue, and the exit code is 1', async () => {
  const images = [broken, 'missing.jpg', chelsea]
  const json = await run(['classify', '--weights', weights, '--json', ...images])
  assert.is(json.code, 1)
  const [first, second, third] = parseLines(json.stdout)
  assert.is(first.image, broken)
  assert.is(first.error.code, 'FORMAT')
  assert.is(second.error.code, 'SOURCE')
  assert.is(third.top.length, 5)
  const complaints = json.stderr.trimEnd().split('\n')
  assert.is(complaints.length, 2)
  assert.match(complaints[0]!, /^vitrine: .*broken\.png.*\(FORMAT\)$/)
  assert.match(complaints[1]!, /^vitrine: .*missing\.jpg.*\(SOURCE\)$/)
})

test('- reads an image from the standard input, and -- ends the flags', async () => {
  const input = readFileSync(chelsea)
  const { code, stdout } = await run(
    ['classify', '--weights', weights, '--json', '--', '-', chelsea],
    {
      input,
    },
  )
  assert.is(code, 0)
  const [fromInput, fromFile] = parseLines(stdout)
  assert.is(fromInput.image, '-')
  assert.equal(fromInput.top, fromFile.top)
})

test('classify --csv: a header, then a record per image and class, quoted where necessary', async () => {
  const labels = join(folder, 'labels.txt')
  const named = ['plain', 'with, comma', 'with "quotes"', ...'defghij']
  writeFileSync(labels, named.join('\n'))
  const flags = ['--labels', labels, '--csv', '--top', '10']
  const { code, stdout, stderr } = await run([
    'classify',
    '--weights',
    weights,
    ...exact,
    ...flags,
    'no.png',
    chelsea,
  ])
  assert.is(code, 1)
  assert.match(stderr, /no\.png/)
  const [header, ...records] = stdout.trimEnd().split('\n')
  assert.is(header, 'image,rank,index,label,probability')
  using vit = await load(weights, { backend: 'reference', labels: named })
  const top = await vit.classify(chelsea, { topK: 10 })
  const quoted = (label: string) =>
    /[",]/.test(label) ? `"${label.replaceAll('"', '""')}"` : label
  assert.equal(
    records,
    top.map(({ index, label, probability }, i) =>
      [chelsea, i + 1, index, quoted(label), probability].join(),
    ),
  )
})

test.run()
