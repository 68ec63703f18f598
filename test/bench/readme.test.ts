import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseReport } from '../../bench/report/changes.ts'
import { markdownTable } from '../../bench/report/markdown.ts'

const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('the tables of the README are those of the reports (npm run bench:readme)', () => {
  const tables = [
    ...file('README.md').matchAll(/<!-- bench (\S+) -->\n([\s\S]*?)\n<!-- \/bench -->/g),
  ]
  assert.ok(tables.length > 0)
  for (const [, name, table] of tables) {
    assert.is(table, markdownTable(parseReport(file(`bench/results/${name}`), name!)))
  }
})

test.run()
