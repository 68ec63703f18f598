import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { AnyConfig } from '../../../src/families/architectures.ts'
import { decodeImage } from '../../../src/image/decode.ts'
import { load } from '../../../src/load.ts'
import { parseLines, run, temporaryFolder } from '../run.ts'
import { tinyHybrid, tinyMixer, writeRandom } from '../tiny-model.ts'

const folder = temporaryFolder()
const chelsea = 'examples/chelsea.png'
const hybrid = join(folder, 'hybrid.safetensors')
const mixer = join(folder, 'mixer.safetensors')
const models: readonly (readonly [string, AnyConfig])[] = [
  [hybrid, tinyHybrid],
  [mixer, tinyMixer],
]

test.before(async () => {
  for (const [path, config] of models) await writeRandom(path, config)
})

test('classify and embed take every family', async () => {
  for (const [weights] of models) {
    const flags = ['--weights', weights, '--json', '--backend', 'reference']
    const [classified] = parseLines((await run(['classify', chelsea, ...flags])).stdout)
    const [embedded] = parseLines((await run(['embed', chelsea, ...flags])).stdout)
    using model = await load(weights, { backend: 'reference' })
    assert.equal(classified.top, await model.classify(chelsea))
    assert.equal(embedded.embedding, [...(await model.embed(chelsea))])
  }
})

test('attention of a hybrid lies over the grid of its features; a Mixer has none', async () => {
  const output = join(folder, 'map.png')
  const args = ['attention', chelsea, '-o', output, '--json', '--weights']
  const found = await run([...args, hybrid])
  assert.is(found.code, 0, found.stderr)
  const [{ grid, values }] = parseLines(found.stdout)
  assert.equal([grid, values.length], [[8, 8], 64])
  assert.is((await decodeImage(readFileSync(output))).width, 451)
  const { code, stderr } = await run([...args, mixer])
  assert.is(code, 1)
  assert.match(stderr, /family mixer has no attention.*UNSUPPORTED/)
})

test('inspect and convert know the facts and tensors of every family', async () => {
  const says: readonly RegExp[] = [
    /ResNet +stem of 32 channels, 2 units[\s\S]*group norm +32 groups[\s\S]*parameters +128,618\n/,
    /MLP 12 over tokens and 24 over channels[\s\S]*blocks\.\{0-1\}\.mlp_tokens\.fc1\.weight/,
  ]
  for (const [i, [weights]] of models.entries()) {
    const { code, stdout } = await run(['inspect', weights])
    assert.is(code, 0)
    assert.match(stdout, says[i]!)
    const [npz, back, direct] = ['npz', 'back.safetensors', 'direct.safetensors'].map(
      (ending) => `${weights}.${ending}`,
    )
    assert.is((await run(['convert', weights, '-o', npz!])).code, 0)
    assert.is((await run(['convert', npz!, '-o', back!])).code, 0)
    assert.is((await run(['convert', weights, '-o', direct!])).code, 0)
    assert.is(Buffer.compare(readFileSync(back!), readFileSync(direct!)), 0)
  }
})

test('a hybrid pads what is no whole number of its steps', async () => {
  const { code, stderr } = await run(['inspect', hybrid, '--image-size', '68x64'])
  assert.is(code, 0)
  assert.match(stderr, /68 x 64 px is not a multiple .* pads the height by 4 px\n/)
})

test.run()
