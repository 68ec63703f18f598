import { Command } from 'commander'
import { variantConfig, variants } from '../../models/variants.ts'
import { examples } from '../help-text.ts'
import { write, writeJSON } from '../output.ts'
import { colours } from '../view/colours.ts'
import { type Column, formatTable } from '../view/table.ts'
import { formatCount } from '../view/units.ts'

interface Flags {
  json?: true
}

interface Row {
  readonly name: string
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly mlpWidth: number
  readonly patch: number
  readonly classifier: string
  readonly parameters: number
  readonly gflops: number
}

const columns: readonly Column<Row>[] = [
  { title: 'name', text: (row) => row.name },
  { title: 'width', text: (row) => String(row.width), right: true },
  { title: 'depth', text: (row) => String(row.depth), right: true },
  { title: 'heads', text: (row) => String(row.heads), right: true },
  { title: 'MLP', text: (row) => String(row.mlpWidth), right: true },
  { title: 'patch', text: (row) => String(row.patch), right: true },
  { title: 'classifier', text: (row) => row.classifier },
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
  const [{ vitProgram }, { matrixFlops, parameterCount }] = await Promise.all([
    import('../../models/families/vit.ts'),
    import('../../program/passes/work.ts'),
  ])
  const rows = variants.map(({ name, patch }): Row => {
    const config = variantConfig(name)
    const { width, depth, heads, mlpWidth, classifier } = config
    const program = vitProgram(config)
    const gflops = Math.round(matrixFlops(program) / 1e7) / 100
    const parameters = parameterCount(program)
    return { name, width, depth, heads, mlpWidth, patch, classifier, parameters, gflops }
  })
  if (json) return writeJSON(rows, signal)
  const { bold } = colours(process.stdout)
  return write(formatTable(rows, columns, bold), signal)
}
