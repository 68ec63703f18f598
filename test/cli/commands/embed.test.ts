import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { load } from '../../../src/load.ts'
import { parseLines, run, temporaryFolder } from '../run.ts'
import { tiny, writeTiny } from '../tiny-model.ts'

const folder = temporaryFolder()
const weights = join(folder, 'tiny.safetensors')
const chelsea = 'examples/chelsea.png'
const coffee = 'examples/coffee.png'
// The reference backend computes the same bits in every process.
const exact = ['--weights', weights, '--backend', 'reference']
test.before(() => writeTiny(weights))

test('embed writes vectors as JSON and as plain numbers', async () => {
  using vit = await load(weights, { backend: 'reference' })
  const expected = [...(await vit.embed(chelsea))]
  const plain = await run(['embed', ...exact, chelsea])
  assert.is(plain.code, 0)
  assert.equal(plain.stdout.trimEnd().split(' ').map(Number), expected)
  const json = await run(['embed', ...exact, '--json', chelsea])
  const [line] = parseLines(json.stdout)
  assert.equal(line.embedding, expected)
  assert.is(line.embedding.length, tiny.width)
})

test('flags reach the model: config, image size, preprocessing, backend', async () => {
  const flags = ['--image-size', '40x48', '--config', 'gelu=erf,eps=1e-5', '--preprocess', 'timm']
  const { code, stdout } = await run([
    ...['embed', '--weights', weights, '--json', '--backend', 'reference', '--no-wide'],
    ...[...flags, chelsea],
  ])
  assert.is(code, 0)
  using vit = await load(weights, {
    imageSize: [40, 48],
    config: { gelu: 'erf', eps: 1e-5 },
    preprocess: 'timm',
    backend: 'reference',
  })
  assert.equal(parseLines(stdout)[0].embedding, [...(await vit.embed(chelsea))])
})

test('embed --csv has a column per value; --normalize scales vectors to length 1', async () => {
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

/** The header and the values of a NumPy file. */
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

test('embed -o writes a NumPy file, and --names the image of each row', async () => {
  const out = join(folder, 'vectors.npy')
  const images = [chelsea, 'examples/missing.png', coffee]
  for (const names of [join(folder, 'names.txt'), join(folder, 'names.json')]) {
    const flags = ['-o', out, '--names', names]
    const { code, stdout, stderr } = await run(['embed', ...exact, ...flags, ...images])
    assert.is(code, 1)
    assert.is(stdout, '')
    assert.match(stderr, /vectors\.npy: 2 x 32 float32; 1 image failed and left no row\n$/)
    const { header, values } = readNpy(out)
    assert.is(header, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 32), }")
    using vit = await load(weights, { backend: 'reference' })
    const vectors = await vit.embed([chelsea, coffee])
    assert.equal(
      [...values],
      vectors.flatMap((vector) => [...vector]),
    )
    const text = readFileSync(names, 'utf8')
    const rows = names.endsWith('.json') ? JSON.parse(text) : text.trimEnd().split('\n')
    assert.equal(rows, [images[0], images[2]])
  }
  assert.not.ok(readdirSync(folder).some((name) => name.endsWith('.vitrine-draft')))
})

test('embed -o writes no file if no image could be read, or a name has a line break', async () => {
  const out = join(folder, 'nothing.npy')
  const names = join(folder, 'nothing.txt')
  const failed = await run(['embed', ...exact, '-o', out, '--names', names, 'no.png'])
  assert.is(failed.code, 1)
  assert.match(failed.stderr, /No image could be read, so .*nothing\.npy was not written/)
  const odd = join(folder, 'odd\nname.png')
  copyFileSync(chelsea, odd)
  const refused = await run(['embed', ...exact, '-o', out, '--names', names, odd])
  assert.is(refused.code, 2)
  assert.match(refused.stderr, /has a line break, and .*nothing\.txt has one name per line/)
  assert.not.ok(readdirSync(folder).some((name) => /^nothing/.test(name)))
})

test('pixels beyond the last whole patch are noted', async () => {
  const { code, stderr } = await run(['embed', ...exact, '--image-size', '37x32', chelsea])
  assert.is(code, 0)
  assert.is(
    stderr,
    'note: 37 x 32 px is not a multiple of the patch size (8 x 8): the model ignores the last 5 px of the height\n',
  )
})

test.run()
