import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import type { CheckpointPlan } from '../checkpoint/plan.ts'
import type { ByteSource } from '../checkpoint/source/source.ts'
import type { Told } from '../hub/told.ts'
import { writeAtomically } from './atomic.ts'
import { readInput, withTold } from './checkpoint-input.ts'
import { UsageError } from './exit.ts'
import { examples } from './help.ts'
import { type ConfigFlags, configOf, withConfigOptions } from './model-options.ts'
import { note } from './output.ts'
import { progressBar } from './progress.ts'
import { formatBytes } from './terminal.ts'

interface Flags extends ConfigFlags {
  output: string
  dtype: keyof typeof BYTES
}

/** Bytes that a weight takes, about: int8 files keep some of theirs as f16. */
const BYTES = { f32: 4, f16: 2, int8: 1 } as const

/** `vitrine convert`: any checkpoint that is read, as our safetensors. */
export function convertCommand(signal: AbortSignal): Command {
  const command = new Command('convert')
    .description('Write a checkpoint as safetensors, with its config inside.')
    .argument('<in>', 'checkpoint: a path, a URL, or a name (see vitrine models)')
    .requiredOption('-o, --output <file>', 'the file to write, .safetensors')
    .addOption(
      new Option('--dtype <type>', 'how weights are stored')
        .choices(Object.keys(BYTES))
        .default('f32'),
    )
  return withConfigOptions(command)
    .addHelpText(
      'after',
      examples(
        [
          'vitrine convert B_16.npz -o b16.safetensors',
          'the same values, in one file that tells its config',
        ],
        ['vitrine convert B_16.npz -o b16.safetensors --dtype int8', 'a quarter of the size'],
        ['vitrine convert B_16.npz -o b16.safetensors --image-size 384', 'for larger pictures'],
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
  await readInput(input, signal, (source, told) => write(source, told, flags, signal))
}

async function write(
  source: CheckpointInput | ByteSource,
  told: Told,
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  const { output, dtype } = flags
  const [{ openCheckpoint }, { planCheckpoint }, { encodeCheckpoint }] = await Promise.all([
    import('../checkpoint/open.ts'),
    import('../checkpoint/plan.ts'),
    import('../checkpoint/encode.ts'),
  ])
  const file = await openCheckpoint(source, { signal })
  const bar = await progressBar('writing')
  try {
    const plan = planCheckpoint(file, withTold(told, configOf(flags)))
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

async function countParameters({ config }: CheckpointPlan): Promise<number> {
  const [{ vitProgram }, { parameterCount }] = await Promise.all([
    import('../models/families/vit.ts'),
    import('../program/passes/work.ts'),
  ])
  return parameterCount(vitProgram(config))
}
