import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseReport } from './changes.ts'
import { markdownTable } from './markdown.ts'

const root = new URL('../../', import.meta.url)

/** The pages that have tables of measurements. */
export const pages = (): URL[] => [
  new URL('README.md', root),
  ...readdirSync(fileURLToPath(new URL('docs/', root)))
    .filter((file) => file.endsWith('.md'))
    .map((file) => new URL(`docs/${file}`, root)),
]

/**
 * A page with the tables that its reports give. A table stands between two comments that name the report,
 * and say `CPU time` where it shows that instead of the time on the clock:
 *
 *     <!-- bench node24.json -->
 *     <!-- /bench -->
 *
 * @param read a report of bench/results by its name
 */
export const withTables = (page: string, read: (report: string) => string): string =>
  page.replace(
    /(<!-- bench (\S+?)(, CPU time)? -->\n)[\s\S]*?(<!-- \/bench -->)/g,
    (_, start, name, cpu, end) => {
      const table = markdownTable(parseReport(read(name), name), cpu ? 'cpu' : 'wall')
      return `${start}${table}\n${end}`
    },
  )
