import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { load } from '../../../src/load.ts'
import { parseLines, run, temporaryFolder } from '../run.ts'
import { tiny, writeTiny } from '../tiny-model.ts'

// Many images at once: folders, patterns, lists; CSV and NumPy.

const folder = temporaryFolder()
const weights = join(folder, 'tiny.safetensors')
const photos = join(folder, 'photos')
const chelsea = 'examples/chelsea.png'
const exact = ['--weights', weights, '--backend', 'reference']

const inPhotos = (...names: string[]) => names.map((name) => join(photos, name))

test.before(async () => {
  await writeTiny(weights)
  for (const sub of ['sub/deep', '.hidden', 'empty']) {
    mkdirSync(join(photos, sub), { recursive: true })
  }
  const images = ['img10.png', 'img2.PNG', 'a[1].png', 'nameless', 'sub/s.png', 'sub/deep/d.png']
  for (const name of [...images, '.hidden/h.png', '.dot.png']) {
    copyFileSync(chelsea, join(photos, name))
  }
  writeFileSync(join(photos, 'notes.txt'), 'no image\n')
  writeFileSync(join(photos, 'README'), 'no image, and no ending\n')
  symlinkSync('.', join(photos, 'loop'))
})

/** The images that were classified, in order, with what was said on stderr. */
async function images(args: readonly string[], input?: string) {
  const bytes = input === undefined ? {} : { input: Buffer.from(input) }
  const result = await run(['classify', '--weights', weights, '--json', ...args], bytes)
  const names = parseLines(result.stdout).map(({ image }) => image as string)
  return { ...result, names }
}

test('a folder stands for its images, in natural order; the rest is counted and told', async () => {
  const { code, names, stderr } = await images([photos])
  assert.is(code, 0)
  assert.equal(names, inPhotos('a[1].png', 'img2.PNG', 'img10.png', 'nameless'))
  assert.is(
    stderr,
    `${photos}: 4 images; left out 2 other files (.txt) and 2 subfolders (-r takes them)\n`,
  )
})

test('-r takes subfolders in their place, and follows no link around', async () => {
  const { code, names } = await images(['-r', `${photos}/`])
  assert.is(code, 0)
  const rest = ['sub/deep/d.png', 'sub/s.png']
  assert.equal(names, inPhotos('a[1].png', 'img2.PNG', 'img10.png', 'nameless', ...rest))
})

test('patterns are expanded; a file that has brackets in its name is that file', async () => {
  const all = await images([join(photos, '**/*.png')])
  assert.equal(all.names, inPhotos('a[1].png', 'img10.png', 'sub/deep/d.png', 'sub/s.png'))
  const one = await images([join(photos, 'a[1].png'), join(photos, '*/{s,t}.p?g')])
  assert.is(one.code, 0)
  assert.equal(one.names, inPhotos('a[1].png', 'sub/s.png'))
})

test('what has no image fails by name, and the others go on', async () => {
  const nothing = inPhotos('empty', '*.txt', 'x*.png', 'lone[bracket.png')
  const { code, names, stdout, stderr } = await images([...nothing, chelsea])
  assert.is(code, 1)
  assert.equal(names, [...nothing, chelsea])
  const errors = parseLines(stdout).slice(0, 4)
  assert.ok(errors.every(({ error }) => error.code === 'SOURCE'))
  assert.is(stderr.trimEnd().split('\n').length, 4)
  assert.match(stderr, /\*\.txt: no JPEG, PNG or WebP image there, but 1 other file \(\.txt\)/)
})

test('an image is named in its error, however short its name is', async () => {
  const { code, stderr } = await run(['classify', '--weights', weights, '-'], {
    input: Buffer.from('a text'),
  })
  assert.is(code, 1)
  assert.match(stderr, /^vitrine: the standard input: This is not an image/)
})

test('--files-from reads a list, with line feeds or with zeros between its names', async () => {
  const [first, second] = inPhotos('img2.PNG', 'img10.png') as [string, string]
  const list = join(folder, 'list.txt')
  writeFileSync(list, `${first}\r\n\n${second}`)
  assert.equal((await images([chelsea, '--files-from', list])).names, [chelsea, first, second])
  assert.equal((await images(['--files-from', '-'], `${first}\n${second}\n`)).names, [
    first,
    second,
  ])
  const named = join(photos, 'line\nfeed.png')
  copyFileSync(chelsea, named)
  const zeros = await images(['--files-from', '-'], `${named}\0${first}\0`)
  assert.equal(zeros.names, [named, first])
  const none = await run(['embed', ...exact, '--files-from', join(folder, 'none.txt')])
  assert.is(none.code, 1)
  assert.match(none.stderr, /^vitrine: Can't read the list of images: .*none\.txt.*\(SOURCE\)\n$/)
})

test('CSV: a header, a record for each image and class, quoted where it has to be', async () => {
  const labels = join(folder, 'labels.txt')
  const named = ['plain', 'with, comma', 'with "quotes"', ...'defghij']
  writeFileSync(labels, named.join('\n'))
  const flags = ['--labels', labels, '--csv', '--top', '10']
  const { code, stdout, stderr } = await run(['classify', ...exact, ...flags, 'no.png', chelsea])
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

test('embed --csv has a column for each value; --normalize makes lengths 1', async () => {
  const { stdout } = await run(['embed', ...exact, '--csv', '--normalize', chelsea])
  const [header, record] = stdout.trimEnd().split('\n')
  assert.is(header, ['image', ...Array.from({ length: tiny.width }, (_, i) => i)].join())
  const [image, ...values] = record!.split(',')
  assert.is(image, chelsea)
  using vit = await load(weights, { backend: 'reference' })
  const vector = await vit.embed(chelsea)
  const length = Math.hypot(...vector)
  values.forEach((value, i) => {
    assert.ok(Math.abs(Number(value) - vector[i]! / length) < 1e-6)
  })
})

/** What NumPy would read: the header's text, and the values. */
function readNpy(path: string) {
  const bytes = readFileSync(path)
  assert.equal([...bytes.subarray(0, 8)], [0x93, ...Buffer.from('NUMPY'), 1, 0])
  const start = 10 + bytes.readUInt16LE(8)
  assert.is(start % 64, 0)
  const header = bytes.subarray(10, start).toString('latin1')
  assert.match(header, / *\n$/)
  const values = new Float32Array(new Uint8Array(bytes.subarray(start)).buffer)
  return { header: header.trim(), values }
}

test('embed -o writes a NumPy file, with the names of its rows beside it', async () => {
  const out = join(folder, 'vectors.npy')
  const images = inPhotos('img2.PNG', 'broken.png', 'img10.png')
  for (const names of [join(folder, 'names.txt'), join(folder, 'names.json')]) {
    const flags = ['-o', out, '--names', names]
    const { code, stdout, stderr } = await run(['embed', ...exact, ...flags, ...images])
    assert.is(code, 1)
    assert.is(stdout, '')
    assert.match(stderr, /vectors\.npy: 2 x 32 float32; 1 image failed and left no row\n$/)
    const { header, values } = readNpy(out)
    assert.is(header, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 32), }")
    using vit = await load(weights, { backend: 'reference' })
    const vector = [...(await vit.embed(chelsea))]
    assert.equal([...values], [...vector, ...vector])
    const text = readFileSync(names, 'utf8')
    const rows = names.endsWith('.json') ? JSON.parse(text) : text.trimEnd().split('\n')
    assert.equal(rows, [images[0], images[2]])
  }
  assert.not.ok(readdirSync(folder).some((name) => name.endsWith('.tmp')))
})

test('embed -o leaves nothing where no image could be read, or a name fits no line', async () => {
  const out = join(folder, 'nothing.npy')
  const names = join(folder, 'nothing.txt')
  const failed = await run(['embed', ...exact, '-o', out, '--names', names, 'no.png'])
  assert.is(failed.code, 1)
  assert.match(failed.stderr, /No image could be read, so .*nothing\.npy is not written/)
  const odd = join(folder, 'odd\nname.png')
  copyFileSync(chelsea, odd)
  const refused = await run(['embed', ...exact, '-o', out, '--names', names, odd])
  assert.is(refused.code, 2)
  assert.match(refused.stderr, /does not fit into a line/)
  assert.not.ok(readdirSync(folder).some((name) => /^nothing/.test(name)))
})

test('an image size that is no multiple of the patch is told, and what of it is not seen', async () => {
  const { code, stderr } = await run(['embed', ...exact, '--image-size', '37x32', chelsea])
  assert.is(code, 0)
  assert.is(
    stderr,
    'note: 37 x 32 px is no multiple of the patch (8 x 8): the last 5 px of the height are ignored\n',
  )
})

test.run()
