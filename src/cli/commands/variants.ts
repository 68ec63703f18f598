import { Command } from 'commander'
import type { Family } from '../../families/family.ts'
import { examples } from '../help-text.ts'
import { write, writeJSON } from '../output.ts'
import { colours } from '../view/colours.ts'
import { formatTable, type Column as TableColumn } from '../view/table.ts'
import { formatCount } from '../view/units.ts'

interface Flags {
  json?: true
}

interface Row {
  readonly name: string
  readonly parameters: number
  readonly gflops: number
  /** What the family tells of its sizes. */
  readonly [key: string]: string | number
}

const cost: readonly TableColumn<Row>[] = [
  { title: 'parameters', text: (row) => formatCount(row.parameters), right: true },
  { title: 'GFLOPs', text: (row) => row.gflops.toFixed(1), right: true },
]

/** `vitrine variants`: the published architectures. */
export function variantsCommand(signal: AbortSignal): Command {
  return new Command('variants')
    .description('List the published architectures with their parameters and GFLOPs.')
    .option('--json', 'as a JSON array')
    .addHelpText(
      'after',
      `\nGFLOPs count the matrix products for one image of 224 px; a multiply-add counts as two.\n${examples(
        ['vitrine variants', 'a table'],
        ['vitrine variants --json', 'for programs'],
      )}`,
    )
    .action((flags: Flags) => listVariants(flags, signal))
}

async function listVariants({ json }: Flags, signal: AbortSignal): Promise<void> {
  const { allFamilies } = await import('../../families/registry.ts')
  const tables = await Promise.all((await allFamilies()).map(tableOf))
  if (json)
    return writeJSON(
      tables.flatMap(({ rows }) => rows),
      signal,
    )
  const { bold } = colours(process.stdout)
  const texts = tables.map(({ rows, columns }) => formatTable(rows, columns, bold))
  return write(texts.join('\n'), signal)
}

/** The variants of a family: its own columns, and what each variant costs. */
async function tableOf(
  family: Family,
): Promise<{ rows: Row[]; columns: readonly TableColumn<Row>[] }> {
  const [{ matrixFlops }, { countParameters }] = await Promise.all([
    import('../../program/passes/work.ts'),
    import('../../families/parameters.ts'),
  ])
  const { columns } = await family.tools()
  const rows = await Promise.all(family.variants.map(({ name }) => rowOf(name)))
  const own = columns.map(
    ({ key, title }): TableColumn<Row> => ({
      title,
      text: (row) => String(row[key]),
      right: typeof rows[0]?.[key] === 'number',
    }),
  )
  return { rows, columns: [{ title: 'name', text: ({ name }) => name }, ...own, ...cost] }

  async function rowOf(name: string): Promise<Row> {
    const config = family.variantConfig(name)
    return {
      name,
      ...Object.fromEntries(columns.map(({ key, value }) => [key, value(config)])),
      parameters: await countParameters(config),
      gflops: Math.round(matrixFlops(family.program(config)) / 1e7) / 100,
    }
  }
}
