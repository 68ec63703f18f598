import type { Facts } from '../../../checkpoint/beside/facts.ts'
import {
  field,
  isFlag,
  isFromZero,
  isPositive,
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
import { UnsupportedError } from '../../../errors.ts'
import { checkHeads } from '../../vit/beside/heads.ts'
import { headsByName, poolOf } from '../../vit/beside/timm.ts'
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
  refuseArguments(config)
  const listed = headsByName.find(([name]) => architecture !== undefined && name.test(architecture))
  const heads = wholeField(args, 'num_heads') ?? known.heads ?? listed?.[1]
  const mapHeads = wholeField(args, 'attn_pool_num_heads') ?? known.mapHeads ?? heads
  const ropeGrid = sizeField(args, 'ref_feat_shape')
  const ropeBase = field(args, 'rope_temperature', isPositive, 'a number above 0')
  const classifier = given.config?.classifier ? undefined : poolOf(file, args, pools)
  const activation = given.config?.activation ? undefined : activationOf(args)
  const { imageSize, storedSize } = timmSizes(config)
  return {
    config: {
      ...known,
      ...(heads !== undefined && { heads }),
      ...(mapHeads !== undefined && { mapHeads }),
      ...(ropeGrid && { ropeGrid }),
      ...(ropeBase !== undefined && { ropeBase }),
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
      registers: registersOf(args),
    },
    names: timmNames(config),
    check(found, weights) {
      checkHeads(heads, given, found, file.name, weights)
      if (found.positions || found.relativePositions || given.config?.rope) return
      if (known.rope !== undefined && known.rope !== 'none') return
      throw new UnsupportedError(
        `${file.name} is of the architecture ${architecture}, whose weights have no positions, and whose rotations are not known here; pass config.rope.`,
      )
    },
  }
}

/** timm's two classes call it differently. */
function registersOf(args: JsonFile): number | undefined {
  const read = (key: string) => field(args, key, isFromZero, 'a number from 0')
  return read('reg_tokens') ?? read('num_reg_tokens')
}

const pools: Readonly<Record<string, VisionConfig['classifier']>> = {
  token: 'token',
  avg: 'gap',
  map: 'map',
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
