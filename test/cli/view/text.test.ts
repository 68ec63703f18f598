import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { predictionView } from '../../../src/cli/view/predictions.ts'
import { formatTable } from '../../../src/cli/view/table.ts'
import { fitColumns, textWidth } from '../../../src/cli/view/text-width.ts'
import { countOf, formatBytes } from '../../../src/cli/view/units.ts'

test('text is truncated or padded to its columns; bytes have a unit', () => {
  assert.is(fitColumns('cat', 5), 'cat  ')
  assert.is(fitColumns('Egyptian cat', 5), 'Egyp…')
  assert.equal([0, 999, 1000, 22_938_582].map(formatBytes), ['0 B', '999 B', '1.0 kB', '22.9 MB'])
})

/** Labels and their widths in columns. */
const labels: readonly (readonly [label: string, columns: number])[] = [
  ['cat', 3],
  ['エジプトの猫', 12],
  ['고양이', 6],
  ['👩‍👩‍👧 family', 9],
  ['❤️ 🇩🇪 1️⃣', 8],
  ['ｶﾅ', 2],
  ['naïve cafe\u0301', 10],
]

test('textWidth counts terminal columns', () => {
  for (const [label, columns] of labels) {
    assert.is(textWidth(label), columns, label)
    for (const width of [4, 5, 12]) assert.is(textWidth(fitColumns(label, width)), width, label)
  }
})

test('columns align in terminals of 40, 80 and 200 columns', () => {
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

test('very long lists are formatted', () => {
  const top = Array.from({ length: 200_000 }, (_, index) => ({
    index,
    label: `class ${index}`,
    probability: 5e-6,
  }))
  assert.is(predictionView('x.jpg', top, 1, {}).trimEnd().split('\n').length, 200_001)
  const table = formatTable(top, [{ title: 'label', text: ({ label }) => label }], String)
  assert.is(table.trimEnd().split('\n').length, 200_001)
})

test('countOf knows singular, plural and thousands', () => {
  assert.is(countOf(1, 'core'), '1 core')
  assert.is(countOf(0, 'image'), '0 images')
  assert.is(countOf(1200, 'class', 'classes'), '1,200 classes')
})

test.run()
