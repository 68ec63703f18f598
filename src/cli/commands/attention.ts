import { Command } from 'commander'
import { type Choice, chooseMap } from '../analysis/attention-map.ts'
import { noteRemainder } from '../analysis/unseen-edge.ts'
import { UsageError } from '../exit.ts'
import { examples } from '../help-text.ts'
import { readImage } from '../inputs/images.ts'
import { loadModel, type ModelFlags, withModelOptions } from '../options/model.ts'
import { parsePlace } from '../options/values.ts'
import { elapsed, note, writeData, writeJSON } from '../output.ts'
import { writeAtomically } from '../output-files/atomic-write.ts'

interface Flags extends ModelFlags, Choice {
  output: string
  json?: true
}

/** `vitrine attention`: a picture of where the model looks. */
export function attentionCommand(signal: AbortSignal): Command {
  return withModelOptions(new Command('attention'))
    .description('Draw where the model looks, over the image.')
    .argument('<image>', 'a path or URL; - reads the standard input')
    .requiredOption('-o, --output <file>', 'the PNG file to write; - is the standard output')
    .option('--layer <n>', 'one layer instead of all; 0 is the first, -1 the last', parsePlace)
    .option('--head <n>', 'one head instead of their mean', parsePlace)
    .option('--json', 'the map in numbers, too: one JSON object')
    .addHelpText(
      'after',
      examples(
        ['vitrine attention cat.jpg -o map.png', 'attention rollout over all layers'],
        ['vitrine attention cat.jpg -o map.png --layer -1 --head 0', 'one head of the last layer'],
      ),
    )
    .action((image: string, flags: Flags) => attention(image, flags, signal))
}

async function attention(name: string, flags: Flags, signal: AbortSignal): Promise<void> {
  const { output } = flags
  checkOutput(flags)
  const [{ toRGB }, { resolveRecipe }, { encodePNG }, { drawHeatMap }] = await Promise.all([
    import('../../image/input.ts'),
    import('../../image/preprocess/resolve-recipe.ts'),
    import('../../image/encode.ts'),
    import('../view/heat-map.ts'),
  ])
  const image = await toRGB(await readImage(name, signal), { signal })
  const vit = await loadModel(flags, signal)
  try {
    noteRemainder(vit.config)
    const start = performance.now()
    const map = chooseMap(await vit.attention(image, { signal }), flags, vit.config)
    const ms = elapsed(start)
    const overlay = drawHeatMap(image, map, resolveRecipe(vit.preprocess), vit.config)
    const bytes = await encodePNG(overlay)
    if (output === '-') return await writeData(bytes, signal)
    await writeAtomically(output, [bytes], { signal })
    const { width, height } = overlay
    if (flags.json) {
      const { title, grid, values } = map
      await writeJSON({ image: name, output, width, height, map: title, grid, values, ms }, signal)
    } else {
      note(`${output}: ${width} x ${height}, ${map.title}`)
    }
  } finally {
    vit.dispose()
  }
}

function checkOutput({ output, json }: Flags): void {
  if (output === '-') {
    if (json) throw new UsageError('Picture and JSON can not both go to the standard output.')
    if (process.stdout.isTTY) {
      throw new UsageError('-o - writes a PNG to the standard output, which is a terminal here.')
    }
  } else if (/\.(jpe?g|webp|gif|bmp|tiff?)$/i.test(output)) {
    throw new UsageError(`attention writes PNG; name the output so, not ${output}.`)
  }
}
