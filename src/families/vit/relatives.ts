import type { Relatives } from '../../checkpoint/plan/publisher.ts'

/** What a ResNet hybrid has beside the tensors of a ViT. */
export const hybridSign = /^(conv_root|gn_root|block\d+\/unit\d+)\/|^patch_embed\.backbone\./

/** Near relatives of the plain ViT. The first sign that is found counts. */
export const relatives: Relatives = {
  inside: [
    [/^MixerBlock_\d+\/|\.mlp_tokens\./, 'an MLP-Mixer'],
    [
      /^patch_embed\.backbone\.(?!(stem\.)?(conv|norm)\.|stages\.\d+\.blocks\.)/,
      'a hybrid over another network than the ResNet of google-research/vision_transformer',
    ],
    [hybridSign, 'a ResNet hybrid (R+ViT)'],
    [
      /^MAPHead_\d+\/|^attn_pool\.|(^|\.)head\.probe$/,
      'a ViT with an attention pooling head (MAP, as in SigLIP)',
    ],
    [/^norm_pre\.|pre_layrnorm/, 'an image and text model (CLIP)'],
    [/\.mlp\.(weights_in|w12|fc1_g|gate_proj)\./, 'a ViT with SwiGLU (as in DINOv2 giant)'],
    [/\.attn\.(q_bias$|q_proj\.)/, 'a ViT without biases of keys (as in EVA-02)'],
    [/^reg_token$|register_tokens$/, 'a ViT with register tokens'],
    [
      /\.ls[12]\.gamma$|\.gamma_[12]$|\.layer_scale\d?\.|\.lambda_[12]$/,
      'a ViT with LayerScale (as in DINOv2, DeiT III, BEiT)',
    ],
    [/\.(q|k)_norm\.|\/(query|key)_norm\//, 'a ViT with normalised queries and keys (qk-norm)'],
    [/relative_position|\.rel_pos_/, 'a ViT with relative positions (as in BEiT, SAM)'],
    [/detection_tokens$/, 'a YOLOS detector'],
  ],
  // Towers of models of images and texts.
  around: [
    [
      /^img\/|(^|\.)(text_model|vision_model|visual)\./,
      'an image and text model (LiT, CLIP or SigLIP)',
    ],
  ],
}
