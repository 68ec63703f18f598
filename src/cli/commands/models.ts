import { Command } from 'commander'
import type { AugRegEntry } from '../../hub/catalog/augreg.ts'
import type { Published } from '../../hub/catalog/catalog.ts'
import { examples } from '../help-text.ts'
import { note, write, writeJSON } from '../output.ts'
import { colours, formatBytes, formatCount } from '../view/colours.ts'
import { type Column, formatTable } from '../view/table.ts'

interface Flags {
  json?: true
}

interface Row extends Published {
  readonly cached: boolean
  /** Whether its family is run here. */
  readonly runs: boolean
}

/** Eighty columns wide with the longest names; `--json` has all that is known. */
const columns: readonly Column<Row>[] = [
  { title: 'name', text: ({ name }) => name },
  { title: 'classes', text: ({ classes: n }) => (n ? formatCount(n) : ''), right: true },
  { title: 'px', text: ({ resolution }) => String(resolution), right: true },
  { title: 'top-1', text: ({ top1 }) => (top1 ? `${top1.toFixed(2)} %` : ''), right: true },
  { title: 'size', text: ({ bytes }) => (bytes ? formatBytes(bytes) : ''), right: true },
  { title: '', text: ({ cached, runs }) => (cached ? 'cached' : runs ? '' : 'not yet') },
]

const augRegColumns: readonly Column<AugRegEntry>[] = [
  { title: 'name', text: ({ file }) => `augreg/${file}` },
  { title: 'data set', text: ({ dataset }) => dataset },
  { title: 'px', text: ({ resolution }) => String(resolution), right: true },
  { title: 'validation', text: ({ validation }) => `${validation.toFixed(2)} %`, right: true },
  { title: 'test', text: ({ test }) => `${test.toFixed(2)} %`, right: true },
]

/** Of AugReg's fifty thousand, for people. */
const mostShown = 20

/** `vitrine models`: the published checkpoints, by the names that `--weights` takes. */
export function modelsCommand(signal: AbortSignal): Command {
  return new Command('models')
    .description('List the published checkpoints, by the names that --weights takes.')
    .argument('[query...]', 'words that a row must have, or augreg:MODEL,dataset=…,resolution=…')
    .option('--json', 'as a JSON array')
    .addHelpText(
      'after',
      `\nBeside these, --weights takes hf:ORG/NAME[@REVISION][:FILE], gs:// and https:// URLs, and the name
of any file of AugReg. top-1 is what was published for ImageNet-2012, in their own
evaluation. What is marked "not yet" is published, and does not run here yet.\n${examples(
        ['vitrine models', 'all of them'],
        ['vitrine models b_16 imagenet2012', 'some'],
        ['vitrine models augreg:B/16,dataset=cifar100', 'the best of AugReg’s table'],
        ['vitrine classify cat.jpg --weights B_16', 'what they are for'],
      )}`,
    )
    .action((query: string[], flags: Flags) => listModels(query.join(' '), flags, signal))
}

async function listModels(query: string, { json }: Flags, signal: AbortSignal): Promise<void> {
  const { bold } = colours(process.stdout)
  if (/^augreg:/i.test(query)) {
    const { listAugReg } = await import('../../hub/list.ts')
    const entries = await listAugReg(query.slice(7), { onNotice: note }, signal)
    if (json) return writeJSON(entries, signal)
    await write(formatTable(entries.slice(0, mostShown), augRegColumns, bold), signal)
    if (entries.length > mostShown) note(`… and ${entries.length - mostShown} more; see --json`)
    return
  }
  const { listPublished } = await import('../../hub/list.ts')
  const rows = await listPublished(query)
  if (json) return writeJSON(rows, signal)
  if (rows.length === 0) return note(`Nothing published here is like ${JSON.stringify(query)}.`)
  return write(formatTable(rows, columns, bold), signal)
}
