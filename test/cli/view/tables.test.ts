import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { countOf, formatBytes } from '../../../src/cli/view/units.ts'
import { predictionView } from '../../../src/cli/view/predictions.ts'
import { formatTable } from '../../../src/cli/view/table.ts'
import { groupTensors } from '../../../src/cli/view/tensor-groups.ts'
import { fitColumns, textWidth } from '../../../src/cli/view/text-width.ts'
import { variants } from '../../../src/models/variants.ts'
import { parseLines, run } from '../run.ts'

test('variants: the table, with counts that come from the programs', async () => {
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

test('doctor: what is here, which kernels, how fast', async () => {
  const { code, stdout } = await run(['doctor', '--json'], { env: { VITRINE_WIDE: '0' } })
  assert.is(code, 0)
  const [{ runtime, webassembly, kernels, machine }] = parseLines(stdout)
  assert.is(runtime.version, process.versions.node)
  assert.is(webassembly.simd, true)
  assert.match(kernels.build, /^(simd|relaxed)(8|16)$/)
  assert.ok(kernels.speed.gflops > 0)
  assert.ok(machine.memory > machine.freeMemory)
})

const info = (name: string, shape: number[] = [4]) => ({ name, dtype: 'f32' as const, shape })

test('equal tensors of all blocks become one line, in the order of their first', () => {
  const groups = groupTensors([
    info('cls'),
    info('blocks.0.norm1.weight'),
    info('blocks.10.norm1.weight'),
    info('blocks.1.norm1.weight'),
    info('blocks.1.norm2.weight'),
    info('blocks.2.norm1.weight', [8]),
  ])
  assert.equal(
    groups.map(({ name, count }) => [name, count]),
    [
      ['cls', 1],
      ['blocks.{0-1,10}.norm1.weight', 3],
      ['blocks.1.norm2.weight', 1],
      ['blocks.2.norm1.weight', 1],
    ],
  )
})

test('text is cut or filled to its columns; bytes have a unit', () => {
  assert.is(fitColumns('cat', 5), 'cat  ')
  assert.is(fitColumns('Egyptian cat', 5), 'Egyp…')
  assert.equal([0, 999, 1000, 22_938_582].map(formatBytes), ['0 B', '999 B', '1.0 kB', '22.9 MB'])
})

/** Labels of all widths, with the columns that they take. */
const labels: readonly (readonly [label: string, columns: number])[] = [
  ['cat', 3],
  ['エジプトの猫', 12],
  ['고양이', 6],
  ['👩‍👩‍👧 family', 9],
  ['❤️ 🇩🇪 1️⃣', 8],
  ['ｶﾅ', 2],
  ['naïve cafe\u0301', 10],
]

test('text has the width of its characters in a terminal', () => {
  for (const [label, columns] of labels) {
    assert.is(textWidth(label), columns, label)
    for (const width of [4, 5, 12]) assert.is(textWidth(fitColumns(label, width)), width, label)
  }
})

test('columns align in terminals of 40, 80 and 200 columns, whatever is in them', () => {
  const top = labels.map(([label], index) => ({ label, index, probability: 1 / (index + 2) }))
  for (const columns of [40, 80, 200]) {
    const [, ...lines] = predictionView('x.jpg', top, 1, { columns }).trimEnd().split('\n')
    const widths = new Set(lines.map(textWidth))
    assert.is(widths.size, 1, `${columns}: ${[...widths]}`)
    assert.ok([...widths][0]! <= columns)
  }
  const rows = formatTable(
    labels,
    [
      { title: 'label', text: ([label]) => label },
      { title: 'columns', text: ([, count]) => String(count), right: true },
    ],
    String,
  )
  assert.is(new Set(rows.trimEnd().split('\n').map(textWidth)).size, 1)
})

test('a list of any length is shown', () => {
  const top = Array.from({ length: 200_000 }, (_, index) => ({
    index,
    label: `class ${index}`,
    probability: 5e-6,
  }))
  assert.is(predictionView('x.jpg', top, 1, {}).trimEnd().split('\n').length, 200_001)
  const table = formatTable(top, [{ title: 'label', text: ({ label }) => label }], String)
  assert.is(table.trimEnd().split('\n').length, 200_001)
})

test('one is one, and many have their commas', () => {
  assert.is(countOf(1, 'core'), '1 core')
  assert.is(countOf(0, 'image'), '0 images')
  assert.is(countOf(1200, 'class', 'classes'), '1,200 classes')
})

test.run()
