import type { Facts } from '../../checkpoint/beside/facts.ts'
import type { JsonFile } from '../../checkpoint/beside/json.ts'
import { timmConfig } from '../../checkpoint/beside/timm.ts'
import type { Given } from '../../checkpoint/description.ts'
import type { ConfigReaders } from '../family.ts'
import { type ByName, timmFacts } from '../vision/beside/timm.ts'
import type { VisionConfig } from '../vision/config.ts'
import { tanhNames } from '../vit/beside/timm.ts'

const centred: Partial<VisionConfig> = { rope: 'centred', ropeBase: 100, eps: 1e-5 }
const indexed: Partial<VisionConfig> = { rope: 'indexed', ropeBase: 10_000, ropeGrid: [16, 16] }

/** What timm's `vision_transformer.py` and `eva.py` say of their architectures (timm 1.0.31). */
const byName: ByName = [
  [/^(vit|deit3|flexivit|eva|eva02|beit3)_/, { activation: 'gelu_erf', eps: 1e-6, rope: 'none' }],
  [/^vit_\w+_clip_|^beit3_/, { eps: 1e-5 }],
  [/_(clip_)?quickgelu_/, { activation: 'quick_gelu' }],
  [tanhNames, { activation: 'gelu_tanh' }],
  [/^vit_giant_patch14_(reg\d_)?(dinov2|tipsv2)$/, { activation: 'silu' }],
  [/^vit_so400m_/, { heads: 16 }],
  [/^vit_giantopt_/, { heads: 16 }],
  [/^eva02_(tiny|small|base|large)_/, { ...indexed, activation: 'silu', eps: 1e-6 }],
  [/^vit_\w+_rope_reg\d+_gap_/, indexed],
  [/_(dinov3|lingbot)/, centred],
  [
    /^vit_(\w+_plus_patch\d+_dinov3|7b_patch16_dinov3|giant_patch16_lingbot)/,
    { activation: 'silu' },
  ],
  [/^vit_pe_/, { rope: 'indexed_xy', ropeBase: 10_000, eps: 1e-5 }],
  [/^vit_pe_core_/, { mapHeads: 8 }],
]

const refused = [
  [/^eva02_enormous/, 'an EVA with norms after its branches'],
  [/^vit_pe_lang_/, 'a Perception Encoder for language models'],
  [/^vit_pe_\w+_gigantic_/, 'a Perception Encoder that counts its grid from 0'],
  [/_sapiens2$/, 'a Sapiens2, whose heads share keys and values'],
  [/_reg\d+_map_|^test_vit3$/, 'a ViT that pools some of its tokens by attention'],
  [/rope_(mixed|ape)|^vit_(small|base|large)_patch\d+_rope_\d/, 'a ViT with other rotations'],
  [/^vit_(dwee|dpwee|dlittle)/, 'a ViT with differential attention'],
  [/^vit_(pwee|dpwee)/, 'a ViT with parallel branches'],
  [/^naflexvit_/, 'a NaFlexViT'],
] as const

/**
 * What timm's `config.json` says of one of its relatives of the ViT.
 * @throws UnsupportedError naming what is computed otherwise here; FormatError naming a field that makes no sense
 */
function readTimmConfig(file: JsonFile, given: Given<VisionConfig>): Facts<VisionConfig> {
  const facts = timmFacts(file, given, byName, refused)
  const { architecture = '' } = timmConfig(file)
  const config = facts.config!
  const grid = config.rope === 'indexed_xy' ? gridByName(architecture) : undefined
  return { ...facts, config: { ...(grid && { ropeGrid: grid }), ...config } }
}

/** The grid of `vit_pe_core_base_patch16_224`, 14 x 14: rotations are parts of it at all sizes. */
function gridByName(architecture: string): VisionConfig['ropeGrid'] | undefined {
  const [, patch, size] = /_patch(\d+)_(\d+)/.exec(architecture) ?? []
  if (patch === undefined) return undefined
  const side = Math.floor(Number(size) / Number(patch))
  return [side, side]
}

export const timmVitReaders: ConfigReaders<VisionConfig> = { timm: readTimmConfig }
