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
import { timmConfig, timmNames, timmRecipe, timmSizes } from '../../../checkpoint/beside/timm.ts'
import { type Given, givesRecipe } from '../../../checkpoint/description.ts'
import { UnsupportedError } from '../../../errors.ts'
import { checkHeads } from '../../vit/beside/heads.ts'
import type { VisionConfig } from '../config.ts'

/** What the names of architectures tell of a config. */
export type ByName = readonly (readonly [name: RegExp, known: Partial<VisionConfig>])[]

/**
 * What timm's `config.json` says of one of these models. Much of it follows from the name of the architecture alone.
 * @param byName all that fits counts, the later before the earlier
 * @param refused names of architectures that compute something else, and what that is
 * @throws UnsupportedError naming what is computed otherwise here; FormatError naming a field that makes no sense
 */
export function timmFacts(
  file: JsonFile,
  given: Given<VisionConfig>,
  byName: ByName,
  refused: readonly (readonly [name: RegExp, what: string])[] = [],
): Facts<VisionConfig> {
  const config = timmConfig(file)
  const { args, architecture } = config
  const other = refused.find(([name]) => architecture !== undefined && name.test(architecture))
  if (other) {
    throw new UnsupportedError(
      `${file.name} is of the architecture ${architecture}: ${other[1]}, which is not run.`,
    )
  }
  const known: Partial<VisionConfig> = Object.assign(
    {},
    ...byName.flatMap(([name, known]) =>
      architecture !== undefined && name.test(architecture) ? [known] : [],
    ),
  )
  const heads = wholeField(args, 'num_heads') ?? known.heads
  const classifier = given.config?.classifier ? undefined : poolOf(file, args)
  const activation = given.config?.activation ? undefined : activationOf(args)
  const { imageSize, storedSize } = timmSizes(config)
  return {
    config: {
      ...known,
      ...(heads !== undefined && { heads }),
      ...(classifier && { classifier }),
      ...(activation && { activation }),
      ...(imageSize && { imageSize }),
    },
    ...(storedSize && { storedSize, sizeIsCertain: args.json.img_size != null }),
    ...(!givesRecipe(given) && { preprocess: timmRecipe(config) }),
    claims: {
      width: wholeField(args, 'embed_dim'),
      depth: wholeField(args, 'depth'),
      patchSize: sizeField(args, 'patch_size'),
      channels: wholeField(args, 'in_chans'),
      qkvBias: field(args, 'qkv_bias', isFlag, 'true or false') === false ? false : undefined,
    },
    names: timmNames(config),
    check: (found, weights) => checkHeads(heads, given, found, file.name, weights),
  }
}

const pools: Readonly<Record<string, VisionConfig['classifier']>> = {
  token: 'token',
  avg: 'gap',
  map: 'map',
}

/** What reads the tokens. */
function poolOf(file: JsonFile, args: JsonFile): VisionConfig['classifier'] | undefined {
  const pool =
    field(args, 'global_pool', isText, 'a name') ?? field(file, 'global_pool', isText, 'a name')
  if (args.json.pool_include_prefix === true) {
    return refuse(args, 'pool_include_prefix', 'config.classifier')
  }
  if (pool === undefined) return undefined
  if (Object.hasOwn(pools, pool)) return pools[pool]
  return refuse(
    { name: file.name, json: { global_pool: pool } },
    'global_pool',
    'config.classifier',
  )
}

const activations: Readonly<Record<string, VisionConfig['activation']>> = {
  gelu: 'gelu_erf',
  gelu_tanh: 'gelu_tanh',
  quick_gelu: 'quick_gelu',
  quickgelu: 'quick_gelu',
  silu: 'silu',
}

function activationOf(args: JsonFile): VisionConfig['activation'] | undefined {
  const act = field(args, 'act_layer', isText, 'a name')
  if (act === undefined) return undefined
  return Object.hasOwn(activations, act)
    ? activations[act]
    : refuse(args, 'act_layer', 'config.activation')
}
