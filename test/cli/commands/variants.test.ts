import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { publishedVariants } from '../../../src/families/published.ts'
import { allFamilies } from '../../../src/families/registry.ts'
import { parseLines, run } from '../run.ts'

test('variants: a table for each family, whose parameters are the published ones', async () => {
  const json = await run(['variants', '--json'])
  const [rows] = parseLines(json.stdout)
  assert.equal(
    rows.map(({ name, parameters }: { name: string; parameters: number }) => [name, parameters]),
    publishedVariants.map(({ name, parameters }) => [name, parameters]),
  )
  const base = rows.find(({ name }: { name: string }) => name === 'ViT-B_16')
  // 12 blocks on 197 tokens: 12 D² multiply-adds a token for the matrices, 2 N D for attention.
  const block = 197 * (12 * 768 ** 2 + 2 * 197 * 768)
  const products = 12 * block + 196 * 768 ** 2 + 768 * 1000
  assert.is(base.gflops, Math.round((2 * products) / 1e7) / 100)
  const { stdout } = await run(['variants'])
  const tables = stdout.split('\n\n')
  const families = await allFamilies()
  assert.is(tables.length, families.length)
  for (const [i, { variants }] of families.entries()) {
    const [titles, ...lines] = tables[i]!.trimEnd().split('\n')
    assert.match(titles!, /^name .* parameters +GFLOPs$/)
    assert.equal(
      lines.map((line) => line.split(' ')[0]),
      variants.map(({ name }) => name),
    )
    for (const line of lines) assert.ok(line.length <= 100, line)
  }
})

test.run()
