import { Command } from 'commander'
import type { CheckpointFile } from '../../checkpoint/checkpoint.ts'
import type { Cache, PartialInfo } from '../../hub/cache/cache.ts'
import { nameOfSource } from '../../platform/locator.ts'
import { ExitCode, UsageError } from '../exit.ts'
import { examples } from '../help-text.ts'
import { describeInput, readInput } from '../inputs/checkpoint.ts'
import { note, write, writeData, writeJSON } from '../output.ts'
import { colours } from '../view/colours.ts'
import { type Column, formatTable } from '../view/table.ts'
import { countOf, formatBytes } from '../view/units.ts'

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

/** `vitrine cache`: the downloaded checkpoints. */
export function cacheCommand(signal: AbortSignal): Command {
  const command = new Command('cache')
    .description('List, verify and remove downloaded checkpoints.')
    .addHelpText(
      'after',
      `\nThe folder is VITRINE_CACHE, by default in the system's folder for caches. It keeps at most
VITRINE_CACHE_MAX (20GB); the least recently used entries are removed first.\n${examples(
        ['vitrine cache ls', 'list the entries'],
        ['vitrine cache verify', 'check the SHA-256 of every entry'],
        ['vitrine cache add B_16', 'download now, such as when a container is built'],
        ['vitrine cache rm B_16', 'remove one entry'],
        ['vitrine cache rm --all', 'remove all entries'],
      )}`,
    )
  command
    .command('ls')
    .description('List the entries, the most recently used first.')
    .option('--json', 'as a JSON array')
    .action((flags: JSONFlag) => list(flags, signal))
  command
    .command('add')
    .description('Download checkpoints without running them.')
    .argument('<name...>', 'names or URLs, as --weights takes them')
    .action((names: string[]) => add(names, signal))
  command
    .command('rm')
    .description('Remove entries.')
    .argument('[name...]', 'names or keys that ls shows, or names that --weights takes')
    .option('--all', 'remove all entries')
    .action((names: string[], flags: { all?: true }) => remove(names, flags.all ?? false))
  command
    .command('verify')
    .description(
      'Read every entry and compare its SHA-256 with the recorded one; remove those that differ.',
    )
    .action(() => verify(signal))
  command
    .command('dir')
    .description('Print the path of the folder.')
    .action(async () => writeData(`${(await open()).place}\n`, signal))
  return command
}

const open = async (): Promise<Cache> => (await import('../../hub/cache/node/open.ts')).openCache()

async function list({ json }: JSONFlag, signal: AbortSignal): Promise<void> {
  const { whole, partial, damaged = [] } = await (await open()).list()
  const rows = [
    ...whole.map((entry) => ({ ...entry, state: 'whole' })),
    ...partial.map((entry) => ({ ...entry, state: 'partial' })),
    ...damaged.map((entry) => ({ ...entry, state: 'damaged' })),
  ].sort((a, b) => b.used - a.used)
  if (json) return writeJSON(rows, signal)
  if (rows.length === 0) return note('The cache is empty.')
  const sum = rows.reduce((total, { size }) => total + size, 0)
  await write(formatTable(rows, columns, colours(process.stdout).bold), signal)
  note(`${formatBytes(sum)} in ${(await open()).place}`)
}

async function add(names: readonly string[], signal: AbortSignal): Promise<void> {
  const { openCheckpoint } = await import('../../checkpoint/read/open.ts')
  for (const name of names) {
    await readInput(name, signal, async (input, beside) => {
      // Opening reads the headers, so that only checkpoints are kept, and the files beside it.
      const file = await openCheckpoint(input, { signal }, beside.neighbours)
      await describeInput(file, beside, { neighbours: true }, undefined, signal)
      // A sharded file is cached once it was read to its end.
      if (file.name.endsWith('.index.json')) await readAll(file, signal)
      note(`${nameOfSource(name)}: ${countOf(file.tensors.size, 'tensor')}`)
      await file.close()
    })
  }
}

async function readAll(file: CheckpointFile, signal: AbortSignal): Promise<void> {
  for (const tensor of file.tensors.keys()) {
    for await (const _ of file.read(tensor, { signal })) signal.throwIfAborted()
  }
}

async function remove(names: readonly string[], all: boolean): Promise<void> {
  if (all === names.length > 0) throw new UsageError('Name the entries to remove, or pass --all.')
  const [cache, { findEntries }] = await Promise.all([open(), import('../../hub/find-entries.ts')])
  const { whole, partial, damaged = [] } = await cache.list()
  const entries: PartialInfo[] = [...whole, ...partial, ...damaged]
  const chosen = new Map<string, PartialInfo>()
  for (const name of names) {
    const found = await findEntries(name, entries)
    if (found.length === 0) throw new UsageError(await unknown(name, entries))
    for (const entry of found) chosen.set(entry.key, entry)
  }
  for (const { key, name, size } of all ? entries : chosen.values()) {
    if (await cache.remove(key)) note(`removed ${name}, ${formatBytes(size)}`)
    else {
      note(`${name} was not removed: another process is downloading it`)
      process.exitCode = ExitCode.failure
    }
  }
}

async function unknown(name: string, entries: readonly PartialInfo[]): Promise<string> {
  const { nearestNames } = await import('../../nearest.ts')
  const [near] = nearestNames(
    name,
    entries.map((entry) => entry.name),
  )
  const hint = near === undefined ? 'vitrine cache ls lists its entries' : `did you mean ${near}?`
  return `The cache has no ${nameOfSource(name)}; ${hint}${near === undefined ? '.' : ''}`
}

async function verify(signal: AbortSignal): Promise<void> {
  const [cache, { verifyEntry }] = await Promise.all([open(), import('../../hub/verify.ts')])
  const { whole, damaged = [] } = await cache.list()
  let broken = damaged.length
  for (const { key, name, size } of whole) {
    if (await verifyEntry(cache, key, signal)) note(`${name}: verified, ${formatBytes(size)}`)
    else {
      broken++
      note(`${name}: the SHA-256 differs from that of the download; removed`)
    }
  }
  for (const { key, name } of damaged) {
    note(`${name}: damaged and not used; remove it with vitrine cache rm ${key}`)
  }
  const count = whole.length + damaged.length
  note(`${count - broken} of ${count} verified`)
  if (broken > 0) process.exitCode = ExitCode.failure
}
