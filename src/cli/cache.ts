import { Command } from 'commander'
import type { Cache, EntryInfo, PartialInfo } from '../hub/cache/cache.ts'
import { nameOfSource } from '../platform/locator.ts'
import { readInput } from './checkpoint-input.ts'
import { ExitCode, UsageError } from './exit.ts'
import { examples } from './help.ts'
import { note, write, writeJSON } from './output.ts'
import { type Column, formatTable } from './table.ts'
import { colours, formatBytes } from './terminal.ts'

interface JSONFlag {
  json?: true
}

interface Row {
  readonly name: string
  readonly size: number
  readonly used: number
  readonly state: string
}

const columns: readonly Column<Row>[] = [
  { title: 'name', text: ({ name }) => name },
  { title: 'size', text: ({ size }) => formatBytes(size), right: true },
  { title: 'last used', text: ({ used }) => new Date(used).toISOString().slice(0, 10) },
  { title: '', text: ({ state }) => state },
]

/** `vitrine cache`: what was downloaded, and where it is. */
export function cacheCommand(signal: AbortSignal): Command {
  const command = new Command('cache')
    .description('List, check and remove the checkpoints that were downloaded.')
    .addHelpText(
      'after',
      `\nThe folder is VITRINE_CACHE, or what the system has for caches. At most VITRINE_CACHE_MAX (20GB)
are kept; what was not used for longest goes first.\n${examples(
        ['vitrine cache ls', 'what is there'],
        ['vitrine cache verify', 'read everything, and compare it with what came'],
        ['vitrine cache add B_16', 'download it now, such as for a container'],
        ['vitrine cache rm B_16', 'remove one'],
        ['vitrine cache rm --all', 'remove all'],
      )}`,
    )
  command
    .command('ls')
    .description('List what is there, the last used first.')
    .option('--json', 'as a JSON array')
    .action((flags: JSONFlag) => list(flags, signal))
  command
    .command('add')
    .description('Download checkpoints without running them.')
    .argument('<name...>', 'names or URLs, as --weights takes them')
    .action((names: string[]) => add(names, signal))
  command
    .command('rm')
    .description('Remove entries by their names or keys.')
    .argument('[name...]', 'names as in ls')
    .option('--all', 'everything')
    .action((names: string[], flags: { all?: true }) => remove(names, flags.all ?? false))
  command
    .command('verify')
    .description(
      'Read every entry and compare its SHA-256 with the recorded one; remove what differs.',
    )
    .action(() => verify(signal))
  command
    .command('dir')
    .description('Print the folder.')
    .action(async () => write(`${(await open()).place}\n`, signal))
  return command
}

const open = async (): Promise<Cache> => (await import('../hub/cache/node.ts')).openCache()

async function list({ json }: JSONFlag, signal: AbortSignal): Promise<void> {
  const { whole, partial } = await (await open()).list()
  const rows = [
    ...whole.map((entry) => ({ ...entry, state: 'whole' })),
    ...partial.map((entry) => ({ ...entry, state: 'partial' })),
  ].sort((a, b) => b.used - a.used)
  if (json) return writeJSON(rows, signal)
  if (rows.length === 0) return note('The cache is empty.')
  const sum = rows.reduce((total, { size }) => total + size, 0)
  await write(formatTable(rows, columns, colours(process.stdout).bold), signal)
  note(`${formatBytes(sum)} in ${(await open()).place}`)
}

async function add(names: readonly string[], signal: AbortSignal): Promise<void> {
  const { openCheckpoint } = await import('../checkpoint/open.ts')
  for (const name of names) {
    // Its headers are read, so that nothing is kept that is no checkpoint.
    const { tensors } = await readInput(name, signal, (input) => openCheckpoint(input, { signal }))
    note(`${nameOfSource(name)}: ${tensors.size} tensors`)
  }
}

async function remove(names: readonly string[], all: boolean): Promise<void> {
  if (all === names.length > 0) throw new UsageError('Name what to remove, or pass --all.')
  const cache = await open()
  const { whole, partial } = await cache.list()
  const entries: (EntryInfo | PartialInfo)[] = [...whole, ...partial]
  const isMeant = ({ name, key }: EntryInfo | PartialInfo, wanted: string) =>
    name === wanted || key === wanted
  const missing = names.filter((wanted) => !entries.some((entry) => isMeant(entry, wanted)))
  if (missing.length > 0)
    throw new UsageError(`The cache has no ${missing.map(nameOfSource).join(', ')}.`)
  for (const entry of entries) {
    if (!all && !names.some((wanted) => isMeant(entry, wanted))) continue
    if (await cache.remove(entry.key)) note(`removed ${entry.name}, ${formatBytes(entry.size)}`)
    else {
      note(`${entry.name} is being downloaded by another process, and stays`)
      process.exitCode = ExitCode.failure
    }
  }
}

async function verify(signal: AbortSignal): Promise<void> {
  const [cache, { verifyEntry }] = await Promise.all([open(), import('../hub/verify.ts')])
  const { whole } = await cache.list()
  let broken = 0
  for (const { key, name, size } of whole) {
    if (await verifyEntry(cache, key, signal)) note(`${name}: right, ${formatBytes(size)}`)
    else {
      broken++
      note(`${name}: not what came; removed`)
    }
  }
  note(`${whole.length - broken} of ${whole.length} are right`)
  if (broken > 0) process.exitCode = ExitCode.failure
}
