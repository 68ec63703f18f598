import { Command } from 'commander'
import { SourceError } from '../../errors.ts'
import { examples } from '../help-text.ts'
import { write } from '../output.ts'

/** `vitrine copy-model`: the embedded model as a file, for bundlers that do not copy it. */
export function copyModelCommand(signal: AbortSignal): Command {
  return new Command('copy-model')
    .description('Copy the model that comes with vitrine into a folder that you deploy.')
    .argument('[folder]', 'such as public/', '.')
    .addHelpText(
      'after',
      examples(
        ['vitrine copy-model public', "then load('/vit-ti16-imagenet2012-224.safetensors')"],
        ['vitrine copy-model', 'into this folder'],
      ),
    )
    .action((folder: string) => copyModel(folder, signal))
}

async function copyModel(folder: string, signal: AbortSignal): Promise<void> {
  const { mkdir } = await import('node:fs/promises')
  const { createReadStream } = await import('node:fs')
  const { basename, join } = await import('node:path')
  const { model } = await import('../../embedded/model.ts')
  const { writeAtomically } = await import('../output-files/atomic-write.ts')
  const path = join(folder, basename(model.pathname))
  await mkdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new SourceError(`Can't make the folder ${folder}: ${cause.code ?? cause.message}.`, {
      cause,
    })
  })
  const bytes = await writeAtomically(path, createReadStream(model), { signal })
  await write(`${path} (${bytes} bytes)\n`, signal)
}
