/**
 * Writes the tables of measurements into the README, from the reports in bench/results. A table
 * stands between two comments that name its report:
 *
 *     <!-- bench node24.json -->
 *     <!-- /bench -->
 *
 *     npm run bench:readme
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseReport } from '../report/changes.ts'
import { markdownTable } from '../report/markdown.ts'

const readme = new URL('../../README.md', import.meta.url)
const text = readFileSync(readme, 'utf8')
writeFileSync(
  readme,
  text.replace(/(<!-- bench (\S+) -->\n)[\s\S]*?(<!-- \/bench -->)/g, (_, start, file, end) => {
    const report = readFileSync(new URL(`../results/${file}`, import.meta.url), 'utf8')
    return `${start}${markdownTable(parseReport(report, file))}\n${end}`
  }),
)
