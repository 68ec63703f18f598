import { contradiction, type Facts } from '../../../checkpoint/beside/facts.ts'
import {
  field,
  isPositive,
  isText,
  type JsonFile,
  refuse,
  sizeField,
  wholeField,
} from '../../../checkpoint/beside/json.ts'
import { timmConfig, timmNames, timmRecipe, timmSizes } from '../../../checkpoint/beside/timm.ts'
import { type Given, givesRecipe } from '../../../checkpoint/description.ts'
import { actOf } from '../../vit/beside/timm.ts'
import type { MixerConfig } from '../config.ts'

/**
 * What timm's `config.json` says of a Mixer.
 * @throws UnsupportedError naming what is computed otherwise here; FormatError naming a field that makes no sense
 */
export function readTimmConfig(file: JsonFile, given: Given<MixerConfig>): Facts<MixerConfig> {
  const config = timmConfig(file)
  const { args } = config
  const { imageSize, storedSize } = timmSizes(config)
  const ratios = field(args, 'mlp_ratio', isRatios, 'two numbers above 0, [tokens, channels]')
  for (const source of [args, file]) {
    const pool = field(source, 'global_pool', isText, 'a name')
    if (pool !== undefined && pool !== 'avg') refuse(source, 'global_pool')
  }
  return {
    config: { ...actOf(args, given), ...(imageSize && { imageSize }) },
    ...(storedSize && { storedSize, sizeIsCertain: args.json.img_size != null }),
    ...(!givesRecipe(given) && { preprocess: timmRecipe(config) }),
    claims: {
      width: wholeField(args, 'embed_dim'),
      depth: wholeField(args, 'num_blocks'),
      patchSize: sizeField(args, 'patch_size'),
      channels: wholeField(args, 'in_chans'),
    },
    names: timmNames(config),
    check({ width, tokenMlpWidth, mlpWidth }, weights) {
      const said = ratios?.map((ratio) => Math.trunc(ratio * width))
      if (!said || String(said) === String([tokenMlpWidth, mlpWidth])) return
      const is = `${tokenMlpWidth} and ${mlpWidth}`
      throw contradiction(file.name, weights, `MLPs of ${said.join(' and ')}, not ${is}`)
    },
  }
}

const isRatios = (value: unknown): value is readonly [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every(isPositive)
