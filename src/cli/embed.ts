import { Command } from 'commander'
import { examples } from './help.ts'
import { forEachImageWithModel } from './images.ts'
import { type ModelFlags, withModelOptions } from './model-options.ts'
import { elapsed, write, writeJSON } from './output.ts'

interface Flags extends ModelFlags {
  json?: true
}

/** `vitrine embed`: images as vectors. */
export function embedCommand(signal: AbortSignal): Command {
  return withModelOptions(new Command('embed'))
    .description('Turn images into vectors, for search and comparison.')
    .argument('<image...>', 'paths or URLs; - reads the standard input')
    .option('--json', 'one JSON object per image and line')
    .addHelpText(
      'after',
      examples(
        ['vitrine embed cat.jpg', 'numbers with blanks between, one image a line'],
        ['vitrine embed *.jpg --json > vectors.jsonl', 'with names, for programs'],
      ),
    )
    .action((images: string[], flags: Flags) => embed(images, flags, signal))
}

async function embed(images: string[], flags: Flags, signal: AbortSignal): Promise<void> {
  await forEachImageWithModel(images, flags, signal, async (vit, image, name) => {
    const start = performance.now()
    const embedding = await vit.embed(image, { signal })
    const ms = elapsed(start)
    if (flags.json) await writeJSON({ image: name, embedding, ms }, signal)
    else await write(`${embedding.join(' ')}\n`, signal)
  })
}
