import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import type { CheckpointFile, CheckpointInput } from '../../checkpoint/checkpoint.ts'
import type { Beside } from '../../checkpoint/description.ts'
import type { ByteSource } from '../../checkpoint/source/source.ts'
import type { CheckpointPlan } from '../../families/plan.ts'
import type { LoadOptions } from '../../load.ts'
import { recordKey } from '../../train/record.ts'
import { noteEdge } from '../analysis/edge.ts'
import { UsageError } from '../exit.ts'
import { examples } from '../help-text.ts'
import { describeInput, readInput } from '../inputs/checkpoint.ts'
import { type LabelFlags, readLabels, withLabelsOption } from '../options/labels.ts'
import { type ConfigFlags, configOf, withConfigOptions } from '../options/model.ts'
import { type RecipeFlags, recipeOf, withRecipeOptions } from '../options/recipe.ts'
import { note } from '../output.ts'
import { writeAtomically } from '../output-files/atomic-write.ts'
import { progressBar } from '../view/progress.ts'
import { formatBytes } from '../view/units.ts'

interface Flags extends ConfigFlags, RecipeFlags, LabelFlags {
  output: string
  dtype: keyof typeof BYTES
}

/** Approximate bytes per weight: int8 files store some weights as f16. */
const BYTES = { f32: 4, f16: 2, int8: 1 } as const

/** `vitrine convert`: a checkpoint of any format as one safetensors file, or as an `.npz` of the release. */
export function convertCommand(signal: AbortSignal): Command {
  const command = new Command('convert')
    .description(
      'Write a checkpoint as safetensors, with config, preprocessing and class names inside; or as .npz.',
    )
    .argument(
      '<in>',
      'checkpoint: a file, a folder, a URL, or a published name (see vitrine models)',
    )
    .requiredOption(
      '-o, --output <file>',
      'the file to write: .safetensors, or .npz for the code of google-research/vision_transformer',
    )
    .addOption(
      new Option('--dtype <type>', 'how weights are stored')
        .choices(Object.keys(BYTES))
        .default('f32'),
    )
  return withLabelsOption(withRecipeOptions(withConfigOptions(command)))
    .addHelpText(
      'after',
      examples(
        [
          'vitrine convert B_16.npz -o b16.safetensors',
          'the same values, in a file that includes its config',
        ],
        ['vitrine convert B_16.npz -o b16.safetensors --dtype int8', 'a quarter of the size'],
        ['vitrine convert B_16.npz -o b16.safetensors --image-size 384', 'for larger images'],
        ['vitrine convert my-model -o m.safetensors', 'a folder with its config.json, in one file'],
        [
          'vitrine convert own.npz -o m.safetensors --labels names.txt --crop 1',
          'with labels and crop that the checkpoint does not say',
        ],
        ['vitrine convert b16.safetensors -o B_16.npz', 'under the official names, float32'],
      ),
    )
    .action((input: string, flags: Flags) => convert(input, flags, signal))
}

async function convert(input: string, flags: Flags, signal: AbortSignal): Promise<void> {
  const { output } = flags
  if (isNpz(output)) refuseForNpz(flags)
  else if (!/\.safetensors$/i.test(output)) {
    throw new UsageError(
      `convert writes safetensors and npz: expected an output that ends in .safetensors or .npz, found ${output}.`,
    )
  }
  if (resolve(input) === resolve(output)) {
    throw new UsageError('convert can’t overwrite its input; name another output.')
  }
  await readInput(input, signal, (source, beside) => write(source, beside, flags, signal))
}

const isNpz = (output: string) => /\.npz$/i.test(output)

/** An .npz holds float32 tensors and nothing else. */
function refuseForNpz(flags: Flags): void {
  const { dtype, labels, preprocess, mean, std, crop, maxPatches } = flags
  if (dtype !== 'f32') {
    throw new UsageError(
      `An .npz is written as float32, which the release reads: leave out --dtype ${dtype}, or write .safetensors.`,
    )
  }
  const kept = { labels, preprocess, mean, std, crop, 'max-patches': maxPatches }
  const given = Object.entries(kept).find(([, value]) => value !== undefined)
  if (!given) return
  throw new UsageError(
    `An .npz has no place for --${given[0]}: pass it when the file is loaded, or write .safetensors.`,
  )
}

async function write(
  source: CheckpointInput | ByteSource,
  beside: Beside,
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  const { output, dtype } = flags
  const [{ openCheckpoint }, { encodeCheckpoint, encodeNpz }, { countParameters }, labels] =
    await Promise.all([
      import('../../checkpoint/read/open.ts'),
      import('../../families/encode.ts'),
      import('../../families/parameters.ts'),
      readLabels(flags),
    ])
  const file = await openCheckpoint(source, { signal }, beside.neighbours)
  const bar = await progressBar('writing')
  try {
    const plan = await planOf(file, beside, flags, labels, signal)
    await noteEdge(plan.config)
    const parameters = await countParameters(plan.config)
    const chunks = isNpz(output)
      ? encodeNpz(file, plan, { signal })
      : encodeCheckpoint(file, plan, { dtype, signal, metadata: trainingOf(file) })
    const onBytes = (written: number) => bar.update(written, parameters * BYTES[dtype])
    const bytes = await writeAtomically(output, chunks, { signal, onBytes })
    bar.stop()
    note(`${output}: ${formatBytes(bytes)}, ${dtype}, from ${plan.publisher} names`)
    if (isNpz(output)) await noteUnsaid(output, plan)
  } finally {
    bar.stop()
    await file.close()
  }
}

/** How the model was trained, which stays true of the new file. */
const trainingOf = ({ metadata }: CheckpointFile): Record<string, string> => {
  const record = metadata[recordKey]
  return record === undefined ? {} : { [recordKey]: record }
}

/** Notes what the reader of an .npz must be told, since the file can't say it. */
async function noteUnsaid(output: string, plan: CheckpointPlan): Promise<void> {
  const { asOfficial } = await import('../../families/official.ts')
  const unsaid = await (await asOfficial(plan)).unsaid()
  if (unsaid.length === 0) return
  note(
    `note: ${output} has only tensors. It does not say ${unsaid.join(', ')}; pass that when you load it, or write .safetensors`,
  )
}

/** The plan with everything that goes into the new file's metadata. */
async function planOf(
  file: CheckpointFile,
  beside: Beside,
  flags: Flags,
  labels: LoadOptions['labels'],
  signal: AbortSignal,
): Promise<CheckpointPlan> {
  const [
    { assumptionNotice, planCheckpoint },
    { familyOf },
    { completeRecipe },
    { chooseLabels, countLabels },
  ] = await Promise.all([
    import('../../families/plan.ts'),
    import('../../families/registry.ts'),
    import('../../image/preprocess/resolve-recipe.ts'),
    import('../../labels.ts'),
  ])
  const description = await describeInput(file, beside, flags, labels, signal)
  const plan = await planCheckpoint(file, configOf(flags), {
    description,
    patchSize: flags.config?.patchSize,
    prefix: flags.prefix,
    preprocess: recipeOf(flags),
  })
  if (plan.assumed.length > 0) note(assumptionNotice(file.name, plan.assumed))
  const { classes } = plan.config
  const { anySize } = await familyOf(plan.config)
  // --labels must fit the classes; labels of the checkpoint that don't fit are dropped.
  await chooseLabels(classes, labels)
  const known = plan.labels && countLabels(plan.labels) === classes ? plan.labels : undefined
  return {
    ...plan,
    recipe: completeRecipe(
      recipeOf(flags),
      plan.recipe,
      plan.config.channels,
      anySize !== undefined,
    ),
    labels: labels ?? known,
  }
}
