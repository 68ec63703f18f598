import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { RECIPES } from '../../../src/image/preprocess/recipes.ts'
import { load } from '../../../src/load.ts'
import { parseLines, run, temporaryFolder } from '../run.ts'
import { tiny, writeTiny } from '../tiny-model.ts'

const folder = temporaryFolder()
const weights = join(folder, 'tiny.safetensors')
const chelsea = 'examples/chelsea.png'
test.before(() => writeTiny(weights))

test('a converted file gives the same embedding, up to the rounding of its dtype', async () => {
  using vit = await load(weights)
  const expected = await vit.embed(chelsea)
  const size: Record<string, number> = {}
  for (const [dtype, bound] of [
    ['f32', 0],
    ['f16', 2e-3],
    ['int8', 0.1],
  ] as const) {
    const out = join(folder, `${dtype}.safetensors`)
    const { code, stdout, stderr } = await run(['convert', weights, '-o', out, '--dtype', dtype])
    assert.is(code, 0)
    assert.is(stdout, '')
    assert.match(stderr, new RegExp(`^${out}: .* kB, ${dtype}`))
    using converted = await load(out)
    const found = await converted.embed(chelsea)
    const error = Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)))
    assert.ok(error <= bound, `${dtype}: ${error}`)
    size[dtype] = statSync(out).size
  }
  assert.ok(size.f16! < 0.6 * size.f32! && size.int8! < size.f16!)
  assert.not.ok(readdirSync(folder).some((name) => name.endsWith('.vitrine-draft')))
})

test('convert --image-size resizes the position embeddings; --config goes into the file', async () => {
  const out = join(folder, 'large.safetensors')
  const flags = ['--image-size', '48x64', '--config', 'gelu=erf']
  assert.is((await run(['convert', weights, '-o', out, ...flags])).code, 0)
  using vit = await load(out)
  assert.equal(vit.config, { ...tiny, imageSize: [48, 64], gelu: 'erf' })
})

test('convert notes pixels beyond the last whole patch', async () => {
  const out = join(folder, 'odd.safetensors')
  const { code, stderr } = await run(['convert', weights, '-o', out, '--image-size', '33x36'])
  assert.is(code, 0)
  assert.match(stderr, /ignores the last 1 px of the height and the last 4 px of the width\n/)
})

test('convert keeps labels and preprocessing from flags; other commands take the same flags', async () => {
  const out = join(folder, 'described.safetensors')
  const labels = join(folder, 'names.txt')
  const names = Array.from({ length: 10 }, (_, i) => `class ${i}`)
  writeFileSync(labels, names.join('\n'))
  const recipe = ['--preprocess', 'timm', '--mean', '0.1,0.2,0.3', '--std', '0.5', '--crop', '0.75']
  const flags = ['--labels', labels, ...recipe]
  const converted = await run(['convert', weights, '-o', out, ...flags])
  assert.is(converted.code, 0, converted.stderr)
  using vit = await load(out)
  assert.equal(vit.labels, names)
  const expected = {
    ...RECIPES.timm,
    mean: [0.1, 0.2, 0.3],
    std: [0.5, 0.5, 0.5],
    cropFraction: 0.75,
  }
  assert.equal(vit.preprocess, expected)
  const classify = ['classify', chelsea, '--json', '--weights']
  const [found] = parseLines((await run([...classify, weights, ...flags])).stdout)
  assert.equal(found.top, await vit.classify(chelsea))
  const [{ model }] = parseLines((await run(['inspect', weights, ...flags, '--json'])).stdout)
  assert.equal([model.preprocess, model.labels], [expected, names])
  assert.equal(model.origins, { config: 'its metadata', preprocess: 'options', labels: 'options' })
  const [own] = parseLines((await run(['inspect', out, '--json'])).stdout)
  assert.is(own.model.origins.labels, 'its metadata')
  assert.match((await run(['inspect', out])).stdout, /labels +10: class 0, class 1, .*, …\n/)
  const embedded = await run(['embed', chelsea, '--weights', weights, ...recipe, '--json'])
  assert.equal(parseLines(embedded.stdout)[0].embedding, [...(await vit.embed(chelsea))])
})

test('labels that don’t fit the head and invalid numbers are refused', async () => {
  const out = join(folder, 'refused.safetensors')
  const wrong = await run(['convert', weights, '-o', out, '--labels', 'cifar100'])
  assert.match(wrong.stderr, /10 classes, and 100 labels came/)
  for (const [flags, message] of [
    [['--mean', '1,2'], /one number, or three/],
    [['--mean', 'x'], /Expected a number, found "x"/],
    [['--std', '0'], /above 0/],
    [['--crop', '1.5'], /at most 1/],
  ] as const) {
    const { code, stderr } = await run(['convert', weights, '-o', out, ...flags])
    assert.is(code, 2)
    assert.match(stderr, message)
  }
  assert.not.ok(existsSync(out))
})

test('convert writes an .npz under the official names, which gives the same embedding', async () => {
  const out = join(folder, 'tiny.npz')
  const { code, stdout, stderr } = await run(['convert', weights, '-o', out])
  assert.is(code, 0, stderr)
  assert.is(stdout, '')
  assert.match(stderr, new RegExp(`^${out}: .* kB, f32, from vitrine names\n$`))
  const [direct, back] = ['direct', 'back'].map((name) => join(folder, `${name}.safetensors`))
  assert.is((await run(['convert', weights, '-o', direct!])).code, 0)
  assert.is((await run(['convert', out, '-o', back!])).code, 0)
  assert.is(Buffer.compare(readFileSync(back!), readFileSync(direct!)), 0)
  using vit = await load(weights)
  using converted = await load(out)
  assert.equal(converted.config, vit.config)
  assert.equal(await converted.embed(chelsea), await vit.embed(chelsea))
  const large = ['convert', weights, '-o', join(folder, 'large.npz'), '--image-size', '33x36']
  assert.match(
    (await run(large)).stderr,
    /only tensors\. It does not say imageSize \[33,36\]; pass/,
  )
})

test('what an .npz can’t say is refused by name, and no file is left', async () => {
  const out = join(folder, 'refused.npz')
  const cases: [flags: string[], code: number, message: RegExp][] = [
    [['--config', 'gelu=erf'], 1, /can't say gelu erf: .* gelu tanh.*safetensors.*UNSUPPORTED/],
    [['--dtype', 'f16'], 2, /float32.*--dtype f16/],
    [['--dtype', 'int8'], 2, /float32.*--dtype int8/],
    [['--labels', 'cifar10'], 2, /no place for --labels/],
    [['--preprocess', 'timm'], 2, /no place for --preprocess/],
    [['--mean', '0.5'], 2, /no place for --mean/],
    [['--crop', '0.5'], 2, /no place for --crop/],
  ]
  for (const [flags, code, message] of cases) {
    const result = await run(['convert', weights, '-o', out, ...flags])
    assert.is(result.code, code, flags.join(' '))
    assert.match(result.stderr, message)
    assert.not.ok(existsSync(out))
  }
  assert.not.ok(readdirSync(folder).some((name) => name.endsWith('.vitrine-draft')))
})

test('convert writes only .safetensors and .npz, and never over its input', async () => {
  for (const output of ['-', '/dev/null', 'x.zip', weights]) {
    const { code, stderr } = await run(['convert', weights, '-o', output])
    assert.is(code, 2, output)
    assert.match(stderr, /convert (writes safetensors and npz|can’t overwrite its input)/)
  }
})

test('convert reports an error of the file system', async () => {
  const out = join(folder, 'no-such-folder', 'x.safetensors')
  const { code, stderr } = await run(['convert', weights, '-o', out])
  assert.is(code, 1)
  assert.match(stderr, /^vitrine: Can.t write .*there is no folder.*\(SOURCE\)\n$/)
})

test.run()
