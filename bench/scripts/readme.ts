/**
 * Writes the tables of measurements into the README and the pages of docs/, from the reports in
 * bench/results; `report/pages.ts` says where a table stands.
 *
 *     npm run bench:readme
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { pages, withTables } from '../report/pages.ts'

const read = (report: string) =>
  readFileSync(new URL(`../results/${report}`, import.meta.url), 'utf8')

for (const page of pages()) {
  const text = readFileSync(page, 'utf8')
  const written = withTables(text, read)
  if (written !== text) writeFileSync(page, written)
}
