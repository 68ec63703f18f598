import { readFile } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import type { Change } from '../../../bench/report/changes.ts'
import type { Report } from '../../../bench/report/report.ts'
import { ArgumentError, SourceError, VitrineError } from '../../errors.ts'
import { examples } from '../help-text.ts'
import { note, write, writeJSON } from '../output.ts'
import { colours } from '../view/colours.ts'
import { type Column, formatTable } from '../view/table.ts'

interface Flags {
  threshold: number
  json?: true
}

const percent = (text: string) => {
  if (/^\d*\.?\d+$/.test(text) && Number(text) < 1000) return Number(text)
  throw new InvalidArgumentError('Expected a percentage, such as 5.')
}

/** `vitrine bench compare`: what became slower or faster between two reports. */
export function benchCompareCommand(signal: AbortSignal): Command {
  return new Command('compare')
    .description('Compare two reports; the exit code is 1 if something became slower.')
    .argument('<before>', 'a report that bench --json wrote')
    .argument('<after>', 'a later one')
    .option('--threshold <percent>', 'ignore smaller changes', percent, 5)
    .option('--json', 'as a JSON array')
    .addHelpText(
      'after',
      `\nA change counts if it exceeds the threshold and the 95 % confidence intervals don’t overlap.\n${examples(
        ['vitrine bench compare main.json branch.json', 'two branches'],
      )}`,
    )
    .action((before: string, after: string, flags: Flags) =>
      compareReports(before, after, flags, signal),
    )
}

async function compareReports(
  before: string,
  after: string,
  { threshold, json }: Flags,
  signal: AbortSignal,
): Promise<void> {
  const { changes, parseReport } = await import('../../../bench/report/changes.ts')
  const read = async (path: string) => {
    const text = await readFile(path, 'utf8').catch((cause: Error) => {
      throw new SourceError(`Can't read the report: ${cause.message}.`, { cause })
    })
    return parseReport(text, path)
  }
  const [old, now] = await Promise.all([read(before), read(after)])
  const found = changes(old, now, threshold / 100)
  if (found.length === 0)
    throw new ArgumentError(
      'The reports have no measurement in common: no case and engine is in both.',
    )
  for (const hint of differences(old, now)) note(hint)
  await (json
    ? writeJSON(found.map(plain), signal)
    : write(formatTable(found, columns(), colours(process.stdout).dim), signal))
  const slower = found.filter(({ verdict }) => verdict === 'slower').length
  if (slower > 0) throw new VitrineError('SLOWER', `${slower} of ${found.length} became slower.`)
}

/** Differences that make two reports hard to compare. */
function differences(before: Report, after: Report): string[] {
  const facts = ({ machine, settings }: Report) => ({
    machine: machine.cpu,
    runtime: `${machine.runtime.name} ${machine.runtime.version}`,
    graph: settings.graph,
  })
  const [a, b] = [facts(before), facts(after)]
  return (Object.keys(a) as (keyof typeof a)[]).flatMap((key) =>
    a[key] === b[key] ? [] : [`note: the ${key} differs: ${a[key]} before, ${b[key]} after`],
  )
}

function columns(): Column<Change>[] {
  const { red, green } = colours(process.stdout)
  const paint = { slower: red, faster: green, same: String }
  const ms = (value: number) => value.toPrecision(4)
  return [
    { title: 'case', text: (change) => change.case },
    { title: 'engine', text: ({ engine }) => engine },
    { title: 'before', right: true, text: ({ before }) => ms(before.summary.median) },
    { title: 'after', right: true, text: ({ after }) => ms(after.summary.median) },
    { title: 'x time', right: true, text: ({ ratio }) => ratio.toFixed(3) },
    {
      title: 'at least–most',
      right: true,
      text: ({ interval }) => interval.map((end) => end.toFixed(2)).join('–'),
    },
    { title: '', text: ({ verdict }) => paint[verdict](verdict) },
  ]
}

const plain = ({ before, after, ...rest }: Change) => ({
  ...rest,
  before: before.summary.median,
  after: after.summary.median,
})
