import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { variants } from '../../../src/families/vit/variants.ts'
import { parseLines, run } from '../run.ts'

test('variants: a table whose parameters and GFLOPs match the programs', async () => {
  const json = await run(['variants', '--json'])
  const [rows] = parseLines(json.stdout)
  assert.equal(
    rows.map(({ name, parameters }: { name: string; parameters: number }) => [name, parameters]),
    variants.map(({ name, parameters }) => [name, parameters]),
  )
  const base = rows.find(({ name }: { name: string }) => name === 'ViT-B_16')
  // 12 blocks on 197 tokens: 12 D² multiply-adds a token for the matrices, 2 N D for attention.
  const block = 197 * (12 * 768 ** 2 + 2 * 197 * 768)
  const products = 12 * block + 196 * 768 ** 2 + 768 * 1000
  assert.is(base.gflops, Math.round((2 * products) / 1e7) / 100)
  const { stdout } = await run(['variants'])
  assert.is(stdout.trimEnd().split('\n').length, variants.length + 1)
  assert.match(stdout, /^name +width +depth/)
})

test.run()
