import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import type { CheckpointFile, CheckpointInput } from '../../checkpoint/checkpoint.ts'
import type { Beside } from '../../checkpoint/description.ts'
import type { CheckpointPlan } from '../../checkpoint/plan.ts'
import type { ByteSource } from '../../checkpoint/source/source.ts'
import type { LoadOptions } from '../../load.ts'
import { UsageError } from '../exit.ts'
import { examples } from '../help-text.ts'
import { describeInput, readInput } from '../inputs/checkpoint.ts'
import { type LabelFlags, readLabels, withLabelsOption } from '../options/labels.ts'
import { type ConfigFlags, configOf, withConfigOptions } from '../options/model.ts'
import { type RecipeFlags, recipeOf, withRecipeOptions } from '../options/recipe.ts'
import { note } from '../output.ts'
import { writeAtomically } from '../output-files/atomic-write.ts'
import { formatBytes } from '../view/colours.ts'
import { progressBar } from '../view/progress.ts'

interface Flags extends ConfigFlags, RecipeFlags, LabelFlags {
  output: string
  dtype: keyof typeof BYTES
}

/** Bytes that a weight takes, about: int8 files keep some of theirs as f16. */
const BYTES = { f32: 4, f16: 2, int8: 1 } as const

/** `vitrine convert`: any checkpoint that is read, as our safetensors. */
export function convertCommand(signal: AbortSignal): Command {
  const command = new Command('convert')
    .description(
      'Write a checkpoint as safetensors, with config, preprocessing and class names inside.',
    )
    .argument('<in>', 'checkpoint: a path, a folder, a URL, or a name (see vitrine models)')
    .requiredOption('-o, --output <file>', 'the file to write, .safetensors')
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
          'the same values, in one file that tells its config',
        ],
        ['vitrine convert B_16.npz -o b16.safetensors --dtype int8', 'a quarter of the size'],
        ['vitrine convert B_16.npz -o b16.safetensors --image-size 384', 'for larger pictures'],
        ['vitrine convert my-model -o m.safetensors', 'a folder with its config.json, in one file'],
        [
          'vitrine convert own.npz -o m.safetensors --labels names.txt --crop 1',
          'with what the checkpoint does not say',
        ],
      ),
    )
    .action((input: string, flags: Flags) => convert(input, flags, signal))
}

async function convert(input: string, flags: Flags, signal: AbortSignal): Promise<void> {
  const { output } = flags
  if (!/\.safetensors$/i.test(output)) {
    throw new UsageError(`convert writes safetensors; name the output so, not ${output}.`)
  }
  if (resolve(input) === resolve(output)) {
    throw new UsageError('convert does not write over what it reads; name another output.')
  }
  await readInput(input, signal, (source, beside) => write(source, beside, flags, signal))
}

async function write(
  source: CheckpointInput | ByteSource,
  beside: Beside,
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  const { output, dtype } = flags
  const [{ openCheckpoint }, { encodeCheckpoint }, labels] = await Promise.all([
    import('../../checkpoint/open.ts'),
    import('../../checkpoint/encode.ts'),
    readLabels(flags),
  ])
  const file = await openCheckpoint(source, { signal }, beside.neighbours)
  const bar = await progressBar('writing')
  try {
    const plan = await planOf(file, beside, flags, labels, signal)
    const parameters = await countParameters(plan)
    const chunks = encodeCheckpoint(file, plan, { dtype, signal })
    const onBytes = (written: number) => bar.update(written, parameters * BYTES[dtype])
    const bytes = await writeAtomically(output, chunks, { signal, onBytes })
    bar.stop()
    note(`${output}: ${formatBytes(bytes)}, ${dtype}, from names as of ${plan.publisher}`)
  } finally {
    bar.stop()
    await file.close()
  }
}

/** The plan with all that the new file is to say of itself. */
async function planOf(
  file: CheckpointFile,
  beside: Beside,
  flags: Flags,
  labels: LoadOptions['labels'],
  signal: AbortSignal,
): Promise<CheckpointPlan> {
  const [{ assumptionNotice, planCheckpoint }, { completeRecipe }, { chooseLabels, countLabels }] =
    await Promise.all([
      import('../../checkpoint/plan.ts'),
      import('../../image/preprocess/resolve-recipe.ts'),
      import('../../models/labels.ts'),
    ])
  const description = await describeInput(file, beside, flags, labels, signal)
  const plan = planCheckpoint(file, configOf(flags), { description, prefix: flags.prefix })
  if (plan.assumed.length > 0) note(assumptionNotice(file.name, plan.assumed))
  const { classes } = plan.config
  // Given names that don't fit are refused; others are left out, as of a head that was left out.
  await chooseLabels(classes, labels)
  const known = plan.labels && countLabels(plan.labels) === classes ? plan.labels : undefined
  return {
    ...plan,
    recipe: completeRecipe(recipeOf(flags), plan.recipe),
    labels: labels ?? known,
  }
}

async function countParameters({ config }: CheckpointPlan): Promise<number> {
  const [{ vitProgram }, { parameterCount }] = await Promise.all([
    import('../../models/families/vit.ts'),
    import('../../program/passes/work.ts'),
  ])
  return parameterCount(vitProgram(config))
}
