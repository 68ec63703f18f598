import { Command } from 'commander'
import { type Choice, chooseMap } from '../analysis/attention-map.ts'
import { noteEdge } from '../analysis/edge.ts'
import { UsageError } from '../exit.ts'
import { examples } from '../help-text.ts'
import { readImage } from '../inputs/images.ts'
import { loadModel, type ModelFlags, withModelOptions } from '../options/model.ts'
import { parseIndex } from '../options/values.ts'
import { elapsed, note, writeData, writeJSON } from '../output.ts'
import { writeAtomically } from '../output-files/atomic-write.ts'

interface Flags extends ModelFlags, Choice {
  output: string
  json?: true
}

/** `vitrine attention`: an image's attention map, drawn over the image. */
export function attentionCommand(signal: AbortSignal): Command {
  return withModelOptions(new Command('attention'))
    .description('Draw an attention map over the image: where the model looks.')
    .argument('<image>', 'a path or URL; - reads the standard input')
    .requiredOption('-o, --output <file>', 'the PNG file to write; - is the standard output')
    .option('--layer <n>', 'one layer instead of all; 0 is the first, -1 the last', parseIndex)
    .option('--head <n>', 'one head instead of the mean of all', parseIndex)
    .option('--json', 'also print the values of the map, as one JSON object')
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
  const [{ toRGB }, { resolveRecipe }, { encodePNG }, { drawHeatMap }, { familyOf }] =
    await Promise.all([
      import('../../image/input.ts'),
      import('../../image/preprocess/resolve-recipe.ts'),
      import('../../image/encode.ts'),
      import('../view/heat-map.ts'),
      import('../../families/registry.ts'),
    ])
  const image = await toRGB(await readImage(name, signal), { signal })
  const vit = await loadModel(flags, signal)
  try {
    await noteEdge(vit.config)
    const start = performance.now()
    const map = chooseMap(await vit.attention(image, { signal }), flags)
    const ms = elapsed(start)
    const { size } = (await (await familyOf(vit.config)).tools()).patches(vit.config)
    const recipe = resolveRecipe(vit.preprocess)
    const { imageSize } = vit.config
    // Where pictures keep their aspect ratio, the grid tells the size that this one got.
    const [down, across] = map.grid
    const own = recipe.fit === 'patches' ? ([down * size[0], across * size[1]] as const) : imageSize
    const overlay = drawHeatMap(image, map, recipe, own, size)
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
    if (json)
      throw new UsageError(
        'The image and the JSON can’t both go to the standard output; name a file with -o.',
      )
    if (process.stdout.isTTY) {
      throw new UsageError(
        '-o - writes a PNG to the standard output, which is a terminal here; redirect it.',
      )
    }
  } else if (/\.(jpe?g|webp|gif|bmp|tiff?)$/i.test(output)) {
    throw new UsageError(
      `attention writes PNG: expected an output that ends in .png, found ${output}.`,
    )
  }
}
