import type { CheckpointFile } from '../checkpoint/checkpoint.ts'
import type { ModelConfig } from '../checkpoint/model-config.ts'
import type { Family } from './family.ts'
import { runnableOf } from './runnables.ts'
import { vit } from './vit/family.ts'

/** A family that is loaded when a file may be of it. */
interface Listed {
  /** What some tensors of every model of the family are called, and none of a plain ViT. */
  readonly sign: RegExp
  /** How many sides these tensors have, where the names are those of other families too. */
  readonly sides?: number
  readonly load: () => Promise<Family>
}

/** All families but the plain ViT, by name; the same as in `runnables.ts`. */
const others: Readonly<Record<string, Listed>> = {
  hybrid: {
    sign: /(^|[./])(conv_root\/|patch_embed\.backbone\.)/,
    load: async () => (await import('./hybrid/family.ts')).hybrid,
  },
  mixer: {
    sign: /(^|[./])(MixerBlock_\d+\/|blocks\.\d+\.mlp_tokens\.)/,
    load: async () => (await import('./mixer/family.ts')).mixer,
  },
  lit: {
    sign: /(^|\/)txt\/(BertEncoder_0|Embed_0)\//,
    load: async () => (await import('./lit/family.ts')).lit,
  },
  timm_vit: {
    sign: /(^|\.)(reg_token$|norm_pre\.|attn_pool\.|blocks\.\d+\.(ls1\.gamma$|gamma_1$|mlp\.fc1_g\.|attn\.(q_bias$|q_proj\.)))/,
    load: async () => (await import('./timm-vit/family.ts')).timmVit,
  },
  dinov2: {
    sign: /(^|\.)(register_tokens$|blocks\.\d+\.mlp\.w12\.|encoder\.layer\.\d+\.layer_scale1\.)/,
    load: async () => (await import('./dinov2/family.ts')).dinov2,
  },
  dinov3: {
    sign: /(^|\.)(embeddings\.patch_embeddings\.weight|storage_tokens)$/,
    load: async () => (await import('./dinov3/family.ts')).dinov3,
  },
  beit: {
    sign: /relative_position_bias_table$/,
    load: async () => (await import('./beit/family.ts')).beit,
  },
  aimv2: {
    sign: /(^|\.)(patch_embed\.norm|preprocessor\.patchifier\.norm|embeddings\.rms_norm)\./,
    load: async () => (await import('./aimv2/family.ts')).aimv2,
  },
  big_vision: {
    sign: /(^|\/)MAPHead_0\//,
    load: async () => (await import('./big-vision/family.ts')).bigVisionFamily,
  },
  clip: {
    sign: /(^|\.)((embeddings|visual)\.class_embedding|visual\.attn_pool\.probe)$/,
    load: async () => (await import('./clip/family.ts')).clip,
  },
  naflex: {
    sign: /(^|\.)embeddings\.patch_embedding\.weight$/,
    sides: 2,
    load: async () => (await import('./naflex/family.ts')).naflex,
  },
  siglip: {
    sign: /(^|\.)(head\.probe|visual\.trunk\.attn_pool\.latent)$/,
    load: async () => (await import('./siglip/family.ts')).siglip,
  },
}

/**
 * The families that a file may be of, by the names of its tensors. Of two that fit it, the first one counts.
 */
export async function familiesFor({ tensors }: CheckpointFile): Promise<readonly Family[]> {
  const listed = Object.values(others).filter(({ sign, sides }) =>
    [...tensors.values()].some(
      ({ name, shape }) => sign.test(name) && (sides === undefined || shape.length === sides),
    ),
  )
  return [vit, ...(await Promise.all(listed.map(({ load }) => load())))]
}

/** Every family that is read and run. */
export const allFamilies = async (): Promise<readonly Family[]> => [
  vit,
  ...(await Promise.all(Object.values(others).map(({ load }) => load()))),
]

/** @throws UnsupportedError naming a family that is not run here */
export async function familyOf({ family }: Pick<ModelConfig, 'family'>): Promise<Family> {
  if (family === vit.name) return vit
  if (Object.hasOwn(others, family)) return others[family]!.load()
  // Says which families there are.
  await runnableOf({ family })
  throw new Error(`registry.ts lacks ${family}`)
}
