import type { Facts } from '../../../checkpoint/beside/facts.ts'
import {
  field,
  isFlag,
  isText,
  type JsonFile,
  refuse,
  sizeField,
  wholeField,
} from '../../../checkpoint/beside/json.ts'
import {
  refuseArguments,
  timmConfig,
  timmNames,
  timmRecipe,
  timmSizes,
} from '../../../checkpoint/beside/timm.ts'
import { type Given, givesRecipe } from '../../../checkpoint/description.ts'
import type { ModelConfig } from '../../../checkpoint/model-config.ts'
import { UnsupportedError } from '../../../errors.ts'
import type { Classifier, EncoderConfig, ViTConfig } from '../config.ts'
import { checkHeads } from './heads.ts'

/** The heads of an architecture, by a word in its name, whatever the width is said to be. */
export const headsByName: readonly (readonly [name: RegExp, heads: number])[] = [
  [/^test_vit2?$/, 2],
  [/^test_vit[34]$/, 3],
  [/^(vit|deit|deit3|flexivit)_tiny/, 3],
  [/^(eva02|vit_pe_(core|spatial))_tiny_/, 3],
  [/^vit_(xsmall|wee|pwee|dwee|dpwee)_/, 4],
  [/^vit_d?little_/, 5],
  [/^(eva02|vit_pe_(core|spatial))_small_/, 6],
  [/^(vit|deit|deit3|flexivit)_small/, 6],
  [/^(vit|deit3)_(medium|mediumd)_/, 8],
  [/^vit_betwixt_/, 10],
  [/^vit_base_patch16_gap_224$/, 16],
  [/^vit_base_patch\d+_plus_/, 14],
  [/^(vit|deit|deit3|flexivit)_base/, 12],
  [/^vit_so150m2_/, 13],
  [/^vit_so150m_/, 14],
  [/^(eva02|beit|beitv2|beit3|vit_pe_(core|spatial))_base_/, 12],
  [/^(eva|eva02|beit|beitv2|beit3|vit_pe_(core|spatial))_(large|giant)_/, 16],
  [/^vit_huge_plus_patch16_dinov3/, 20],
  [/^vit_giant_patch1[46]_(reg\d_)?(dinov2|tipsv2|radio_v3|lingbot)/, 24],
  [/^vit_7b_patch16_dinov3/, 32],
  [/^(vit|deit3|flexivit)_(large|huge|so400m|giantopt|gigantic|intern300m)/, 16],
  [/^(vit_giant_patch14_(clip_)?224|vit_giant_patch16_gap_224)$/, 16],
]

/** Architectures of SigLIP 2, which use the tanh form of GELU. */
export const tanhNames =
  /^vit_((so400m|giantopt)_patch16_siglip|base_patch32_siglip|large_patch16_siglip(_gap)?_512)/

/**
 * What timm's `config.json` says of a ViT.
 * @throws UnsupportedError naming what is computed otherwise here; FormatError naming a field that makes
 *   no sense
 */
export const readTimmConfig = (file: JsonFile, given: Given<ViTConfig>): Facts<ViTConfig> =>
  encoderFacts(file, given)

/** The same of any family with such a transformer. */
export function encoderFacts(file: JsonFile, given: Given<EncoderConfig & ModelConfig>) {
  const config = timmConfig(file)
  const { args, architecture } = config
  refuseArguments(config)
  if (architecture !== undefined && /_rpn_/.test(architecture)) {
    throw new UnsupportedError(
      `${file.name} is of the architecture ${architecture}: a ViT with norms after its branches, which is not run.`,
    )
  }
  const heads =
    wholeField(args, 'num_heads') ??
    headsByName.find(([sign]) => architecture !== undefined && sign.test(architecture))?.[1]
  const classifier = given.config?.classifier ? undefined : poolOf(file, args, pools)
  const { imageSize, storedSize } = timmSizes(config)
  const isTanh = architecture !== undefined && tanhNames.test(architecture)
  return {
    config: {
      ...(heads !== undefined && { heads }),
      ...(classifier && { classifier }),
      ...(isTanh && { gelu: 'tanh' as const }),
      ...actOf(args, given),
      ...(imageSize && { imageSize }),
    },
    ...(storedSize && { storedSize, sizeIsCertain: args.json.img_size != null }),
    ...(!givesRecipe(given) && { preprocess: timmRecipe(config) }),
    claims: {
      width: wholeField(args, 'embed_dim'),
      depth: wholeField(args, 'depth'),
      patchSize: sizeField(args, 'patch_size'),
      channels: wholeField(args, 'in_chans'),
      qkvBias: field(args, 'qkv_bias', isFlag, 'true or false'),
    },
    names: timmNames(config),
    check: (found: Pick<EncoderConfig, 'width'>, weights: string) =>
      checkHeads(heads, given, found, file.name, weights),
  }
}

const pools: Readonly<Record<string, Classifier>> = { token: 'token', avg: 'gap' }

/**
 * The pooling, as far as the tensors don't show it.
 * @param pools those that are run, by timm's names
 */
export function poolOf<Pool extends string>(
  file: JsonFile,
  args: JsonFile,
  pools: Readonly<Record<string, Pool>>,
): Pool | undefined {
  const pool =
    field(args, 'global_pool', isText, 'a name') ?? field(file, 'global_pool', isText, 'a name')
  if (args.json.pool_include_prefix === true)
    refuse(args, 'pool_include_prefix', 'config.classifier')
  if (pool === undefined) return undefined
  if (Object.hasOwn(pools, pool)) return pools[pool]
  return refuse(
    { name: file.name, json: { global_pool: pool } },
    'global_pool',
    'config.classifier',
  )
}

const layers: Readonly<Record<string, ViTConfig['gelu']>> = { gelu: 'erf', gelu_tanh: 'tanh' }

/** The form of GELU, where it is said and not given. */
export function actOf(
  args: JsonFile,
  given: Given<Pick<EncoderConfig, 'gelu'> & ModelConfig>,
): Partial<Pick<EncoderConfig, 'gelu'>> {
  const act = field(args, 'act_layer', isText, 'a name')
  if (act === undefined || given.config?.gelu) return {}
  if (Object.hasOwn(layers, act)) return { gelu: layers[act]! }
  return refuse(args, 'act_layer', 'config.gelu')
}
