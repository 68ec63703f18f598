import { Command } from 'commander'
import type { TensorInfo } from '../../checkpoint/checkpoint.ts'
import { noteEdge } from '../analysis/edge.ts'
import type { Inspection, ModelFacts, Problem } from '../analysis/inspection.ts'
import { ExitCode } from '../exit.ts'
import { examples } from '../help-text.ts'
import { describeInput, peekInput } from '../inputs/checkpoint.ts'
import { type LabelFlags, readLabels, withLabelsOption } from '../options/labels.ts'
import { type ConfigFlags, configOf, withConfigOptions } from '../options/model.ts'
import { type RecipeFlags, recipeOf, withRecipeOptions } from '../options/recipe.ts'
import { write, writeJSON } from '../output.ts'
import { colours } from '../view/colours.ts'
import { type Column, formatFields, formatTable, type NamedValue } from '../view/table.ts'
import { groupTensors, type TensorGroup } from '../view/tensor-groups.ts'
import { trainingFields } from '../view/training.ts'
import { countOf, formatBytes, formatCount } from '../view/units.ts'

interface Flags extends ConfigFlags, RecipeFlags, LabelFlags {
  json?: true
  all?: true
}

/** `vitrine inspect`: the contents of a checkpoint. Reads only its headers. */
export function inspectCommand(signal: AbortSignal): Command {
  return withLabelsOption(withRecipeOptions(withConfigOptions(new Command('inspect'))))
    .description(
      'Show the contents of a checkpoint, and whether it runs here (exit code 1 if not).',
    )
    .argument(
      '<file>',
      'checkpoint: a file, a folder, a URL, or a published name (see vitrine models)',
    )
    .option('--all', 'list every tensor, instead of one line for all blocks')
    .option('--json', 'as one JSON object, always with every tensor')
    .addHelpText(
      'after',
      examples(
        ['vitrine inspect B_16.npz', 'format, config, tensors'],
        ['vitrine inspect https://HOST/B_16.npz', 'without downloading the whole file'],
        ['vitrine inspect hf:google/vit-base-patch16-224', 'a repository of Hugging Face'],
        ['vitrine inspect tiny.safetensors --config heads=3', 'a field that the file does not say'],
        ['vitrine inspect B_16.npz --json', 'for programs'],
      ),
    )
    .action((file: string, flags: Flags) => inspect(file, flags, signal))
}

async function inspect(source: string, flags: Flags, signal: AbortSignal): Promise<void> {
  const [{ openCheckpoint }, { inspectFile }, labels, { input, beside }] = await Promise.all([
    import('../../checkpoint/read/open.ts'),
    import('../analysis/inspection.ts'),
    readLabels(flags),
    peekInput(source, signal),
  ])
  const file = await openCheckpoint(input, { signal }, beside.neighbours)
  try {
    const inspection = await inspectFile(file, {
      config: configOf(flags),
      preprocess: recipeOf(flags),
      labels,
      prefix: flags.prefix,
      describe: () => describeInput(file, beside, flags, labels, signal),
    })
    if (flags.json) await writeJSON(forPrograms(inspection), signal)
    else await write(view(inspection, flags.all ?? false), signal)
    if (inspection.model) await noteEdge(inspection.model.config)
    if (inspection.problem) process.exitCode = ExitCode.failure
  } finally {
    await file.close()
  }
}

/** A program reads the config itself, not its description. */
function forPrograms({ model, ...rest }: Inspection) {
  if (!model) return rest
  const { structure: _, ...facts } = model
  return { ...rest, model: facts }
}

const columns: readonly Column<TensorGroup>[] = [
  { title: 'tensor', text: (row) => row.name },
  { title: 'type', text: (row) => row.dtype },
  { title: 'shape', text: (row) => `[${row.shape.join(', ')}]` },
  { title: '', text: (row) => (row.count > 1 ? `x ${row.count}` : ''), right: true },
]

function view(inspection: Inspection, all: boolean): string {
  const { file, format, bytes, dtypes, tensors, model, training, problem } = inspection
  const { bold, dim } = colours(process.stdout)
  const types = Object.entries(dtypes).map(([dtype, count]) => `${formatCount(count)} ${dtype}`)
  const fields = [
    ['format', `${format}, ${countOf(tensors.length, 'tensor')}, ${formatBytes(bytes)}`],
    ['values', types.join(', ') || 'none'],
    ...(model ? modelFields(model) : []),
    ...(training ? trainingFields(training) : []),
    ...(problem ? problemFields(problem) : []),
  ] as const
  const rows = all ? tensors.map(single) : groupTensors(tensors)
  return `${bold(file)}\n${formatFields(fields, dim)}\n${formatTable(rows, columns, dim)}`
}

const single = ({ name, dtype, shape }: TensorInfo): TensorGroup => ({
  name,
  dtype,
  shape,
  count: 1,
})

function modelFields(model: ModelFacts): NamedValue[] {
  return [
    ['publisher', model.publisher],
    ...(model.prefix ? [['prefix', model.prefix] as const] : []),
    ['variant', model.variant ?? 'none of the published variants'],
    ...model.structure,
    ['preprocess', recipeText(model)],
    ['labels', labelsText(model)],
    ['parameters', formatCount(model.parameters)],
    ['ignored', ignoredText(model.ignored)],
    ['config from', model.origins.config],
    ...(model.assumed.length > 0
      ? [['assumed', `${model.assumed.join(', ')}; not stated anywhere`] as const]
      : []),
  ]
}

/** A file with another model may have hundreds; `--json` lists them all. */
function ignoredText(ignored: readonly string[]): string {
  if (ignored.length === 0) return 'nothing'
  const some = ignored.slice(0, 8).join(', ')
  return ignored.length > 8 ? `${some} and ${formatCount(ignored.length - 8)} more` : some
}

const digits = (value: number) => Number(value.toPrecision(6))

/** The recipe's name, if it has one, and its fields. */
function recipeText({ preprocess, recipe, origins }: ModelFacts): readonly string[] {
  const { fit, filter, cropFraction, resizeTo, maxPatches, mean, std, rescaleFactor } = recipe
  const name = typeof preprocess === 'string' ? `${preprocess}: ` : ''
  const steps = [
    fit === 'none' || fit === 'crop' ? `no resizing (${fit})` : `${fit}, ${filter}`,
    maxPatches !== undefined
      ? `at most ${maxPatches} of an image`
      : resizeTo === undefined
        ? `crop ${[cropFraction].flat().map(digits)}`
        : `resized to ${resizeTo}`,
    `mean ${mean.map(digits).join(' ')}`,
    `std ${std.map(digits).join(' ')}`,
    ...(rescaleFactor === undefined ? [] : [`values times ${digits(rescaleFactor)}`]),
  ]
  return [`${name}${steps.join(', ')}`, `from ${origins.preprocess}`]
}

/** The number of labels, the first few, and where they come from. */
function labelsText({ labels, origins }: ModelFacts): string | readonly string[] {
  if (!labels) return 'unknown'
  const some = labels.slice(0, 5).join(', ')
  const shown = `${formatCount(labels.length)}: ${some}${labels.length > 5 ? ', …' : ''}`
  return [shown, `from ${origins.labels}`]
}

/** The message shortens long lists of tensors; `--json` has them complete. */
function problemFields({ message, code }: Problem): [string, string][] {
  const { dim, red, yellow } = colours(process.stdout)
  if (code === 'ARGUMENT') return [['not stated', `${yellow(message)} See --config.`]]
  return [['does not run', `${red(message)} ${dim(`(${code})`)}`]]
}
