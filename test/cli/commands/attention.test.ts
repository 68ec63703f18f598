import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeImage } from '../../../src/image/decode.ts'
import { load } from '../../../src/load.ts'
import { parseLines, run, temporaryFolder } from '../run.ts'
import { writeTiny } from '../tiny-model.ts'

const folder = temporaryFolder()
const weights = join(folder, 'tiny.safetensors')
const chelsea = 'examples/chelsea.png'
test.before(() => writeTiny(weights))

test('attention writes an image of the same size; --json prints the map', async () => {
  const output = join(folder, 'map.png')
  // The reference backend computes the same bits in every process.
  const args = ['attention', chelsea, '-o', output, '--weights', weights, '--json']
  args.push('--backend', 'reference')
  const { code, stdout, stderr } = await run(args)
  assert.is(stderr, '')
  assert.is(code, 0)
  const picture = await decodeImage(readFileSync(output))
  assert.equal([picture.width, picture.height], [451, 300])
  const [line] = parseLines(stdout)
  using vit = await load(weights, { backend: 'reference' })
  const { rollout, grid } = await vit.attention(chelsea)
  assert.equal(line.grid, grid)
  assert.equal(line.values, [...rollout])
})

test('-o - writes the PNG, and nothing else, to the standard output', async () => {
  const args = ['attention', chelsea, '-o', '-', '--weights', weights, '--layer', '-1']
  const { code, bytes } = await run(args)
  assert.is(code, 0)
  assert.is((await decodeImage(new Uint8Array(bytes))).width, 451)
})

test('a layer that does not exist: exit code 2', async () => {
  const output = join(folder, 'none.png')
  const args = ['attention', chelsea, '-o', output, '--weights', weights, '--layer', '2']
  const { code, stderr } = await run(args)
  assert.is(code, 2)
  assert.match(stderr, /no layer 2; it has 2 layers: 0 to 1, or -2 to -1/)
})

test.run()
