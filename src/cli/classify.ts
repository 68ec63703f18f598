import { Command } from 'commander'
import { examples } from './help.ts'
import { forEachImageWithModel } from './images.ts'
import { withLabelsOption } from './labels.ts'
import { type ModelFlags, withModelOptions } from './model-options.ts'
import { parseCount } from './option-values.ts'
import { elapsed, write, writeJSON } from './output.ts'
import { predictionView } from './prediction-view.ts'

interface Flags extends ModelFlags {
  top: number
  json?: true
}

/** `vitrine classify`: the most probable classes of images. */
export function classifyCommand(signal: AbortSignal): Command {
  return withLabelsOption(withModelOptions(new Command('classify')))
    .description('Name the most probable classes of images.')
    .argument('<image...>', 'paths or URLs; - reads the standard input')
    .option('--top <n>', 'how many classes', parseCount(1), 5)
    .option('--json', 'one JSON object per image and line')
    .addHelpText(
      'after',
      examples(
        ['vitrine classify cat.jpg', 'with the model that comes along'],
        ['vitrine classify *.jpg --json --top 1', 'JSON lines, for programs'],
        ['curl -s URL | vitrine classify -', 'an image from the standard input'],
        ['vitrine classify cat.jpg --weights B_16', 'with a published checkpoint'],
        ['vitrine classify cat.jpg --weights own.npz', 'with a checkpoint of your own'],
      ),
    )
    .action((images: string[], flags: Flags) => classify(images, flags, signal))
}

async function classify(images: string[], flags: Flags, signal: AbortSignal): Promise<void> {
  await forEachImageWithModel(images, flags, signal, async (vit, image, name) => {
    const start = performance.now()
    const top = await vit.classify(image, { topK: flags.top, signal })
    const ms = elapsed(start)
    if (flags.json) await writeJSON({ image: name, top, ms }, signal)
    else await write(predictionView(name, top, ms, process.stdout), signal)
  })
}
