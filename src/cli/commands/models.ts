import { Command } from 'commander'
import type { AugRegEntry } from '../../hub/catalog/augreg.ts'
import type { Published } from '../../hub/catalog/catalog.ts'
import type { PublishedRepository } from '../../hub/catalog/repositories.ts'
import { examples } from '../help-text.ts'
import { note, write, writeJSON } from '../output.ts'
import { colours } from '../view/colours.ts'
import { type Column, formatTable } from '../view/table.ts'
import { formatBytes, formatCount } from '../view/units.ts'

interface Flags {
  json?: true
}

interface Row extends Published {
  readonly cached: boolean
}

/** These columns fit a line of 80 with the longest names; `--json` has more fields. */
const columns: readonly Column<Row>[] = [
  { title: 'name', text: ({ name }) => name },
  { title: 'classes', text: ({ classes: n }) => (n ? formatCount(n) : ''), right: true },
  { title: 'px', text: ({ resolution }) => String(resolution), right: true },
  { title: 'top-1', text: ({ top1 }) => (top1 ? `${top1.toFixed(2)} %` : ''), right: true },
  { title: 'size', text: ({ bytes }) => (bytes ? formatBytes(bytes) : ''), right: true },
  { title: '', text: ({ cached }) => (cached ? 'cached' : '') },
]

const augRegColumns: readonly Column<AugRegEntry>[] = [
  { title: 'name', text: ({ file }) => `augreg/${file}` },
  { title: 'data set', text: ({ dataset }) => dataset },
  { title: 'px', text: ({ resolution }) => String(resolution), right: true },
  { title: 'validation', text: ({ validation }) => `${validation.toFixed(2)} %`, right: true },
  { title: 'test', text: ({ test }) => `${test.toFixed(2)} %`, right: true },
]

/** The licence comes first, since the names are of any length. */
const repositoryColumns: readonly Column<PublishedRepository>[] = [
  { title: 'parameters', text: ({ millions }) => (millions ? `${millions} M` : ''), right: true },
  { title: 'px', text: ({ resolution }) => String(resolution), right: true },
  { title: 'top-1', text: ({ top1 }) => (top1 ? `${top1} %` : ''), right: true },
  { title: 'licence', text: ({ license }) => license },
  { title: 'name', text: ({ name }) => name },
]

/** Rows shown of AugReg's table of 50,000. */
const mostShown = 20

/** `vitrine models`: the published checkpoints and their names. */
export function modelsCommand(signal: AbortSignal): Command {
  return new Command('models')
    .description('List the published checkpoints by the names that --weights takes.')
    .argument(
      '[query...]',
      'words that a row must contain; hf and words; or augreg:MODEL,dataset=…,resolution=…',
    )
    .option('--json', 'as a JSON array')
    .addHelpText(
      'after',
      `\n--weights also takes hf:ORG/NAME[@REVISION][:FILE], gs:// and https:// URLs, and the name of any
file of AugReg. top-1 is the publisher's accuracy on ImageNet-2012; that of LiT, which has no
classes of its own, is zero-shot.\n${examples(
        ['vitrine models', 'all published checkpoints'],
        ['vitrine models b_16 imagenet2012', 'rows with both words'],
        ['vitrine models mixer', 'the MLP-Mixers; r50 or r26 for ResNet hybrids, lit for LiT'],
        [
          'vitrine models hf',
          'CLIP, SigLIP, DINO and other relatives on Hugging Face, with licences',
        ],
        ['vitrine models augreg:B/16,dataset=cifar100', 'the best rows of AugReg’s table'],
        ['vitrine classify cat.jpg --weights B_16', 'run one of them'],
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
  const { listPublished, listRepositories } = await import('../../hub/list.ts')
  // Words that no file of the release has, since repositories have other names.
  if (/^hf(:|\b)/i.test(query)) {
    const found = await listRepositories(query.replace(/^hf:?\s*/i, ''))
    if (json) return writeJSON(found, signal)
    return write(formatTable(found, repositoryColumns, bold), signal)
  }
  const rows = await listPublished(query)
  if (json) return writeJSON(rows, signal)
  if (rows.length === 0)
    return note(
      `No published checkpoint matches ${JSON.stringify(query)}; vitrine models lists all.`,
    )
  return write(formatTable(rows, columns, bold), signal)
}
