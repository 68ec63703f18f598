import { UnsupportedError } from '../../errors.ts'

/**
 * Signs of models that are near relatives of the plain ViT and would load, or almost load, as one.
 * Tested in this order on all names, without prefixes.
 */
const families: readonly (readonly [sign: RegExp, family: string])[] = [
  [/^MixerBlock_\d+\/|\.mlp_tokens\./, 'an MLP-Mixer'],
  [/^(conv_root|gn_root|block\d+\/unit\d+)\/|^patch_embed\.backbone\./, 'a ResNet hybrid (R+ViT)'],
  [/^Transformer\/encoderblock\//, 'a big_vision ViT with its blocks stacked in one array (scan)'],
  [
    /^MAPHead_\d+\/|^attn_pool\.|(^|\.)head\.probe$/,
    'a ViT with an attention pooling head (MAP, as in SigLIP)',
  ],
  [/^norm_pre\.|pre_layrnorm/, 'an image and text model (CLIP)'],
  [/\.mlp\.(weights_in|w12|fc1_g|gate_proj)\./, 'a ViT with SwiGLU (as in DINOv2 giant)'],
  [/^reg_token$|register_tokens$/, 'a ViT with register tokens'],
  [
    /\.ls[12]\.gamma$|\.gamma_[12]$|\.layer_scale\d?\.|\.lambda_[12]$/,
    'a ViT with LayerScale (as in DINOv2, DeiT III, BEiT)',
  ],
  [/\.(q|k)_norm\.|\/(query|key)_norm\//, 'a ViT with normalised queries and keys (qk-norm)'],
  [/relative_position|\.rel_pos_/, 'a ViT with relative positions (as in BEiT, SAM)'],
  [/detection_tokens$/, 'a YOLOS detector'],
]

/** Towers of models of images and texts, wherever they are: what is around a tower counts as well. */
const towers = /^img\/|(^|\.)(text_model|vision_model|visual)\./

/** @throws UnsupportedError naming the family, where names below a model belong to one of these */
export function refuseOtherFamilies(names: Iterable<string>, file: string): void {
  const all = [...names]
  for (const [sign, family] of families) {
    const found = all.find((name) => sign.test(name))
    if (found !== undefined) throw unsupported(file, family, found)
  }
}

/** @throws UnsupportedError where whole names tell of an image tower and a text tower */
export function refuseTowers(names: Iterable<string>, file: string): void {
  for (const name of names) {
    if (towers.test(name)) {
      throw unsupported(file, 'an image and text model (LiT, CLIP or SigLIP)', name)
    }
  }
}

const unsupported = (file: string, family: string, tensor: string) =>
  new UnsupportedError(
    `${file} is ${family}: it has the tensor ${tensor.slice(0, 200)}. Only plain ViTs and DeiTs are read so far.`,
  )
