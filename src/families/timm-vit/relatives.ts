import type { Relatives } from '../../checkpoint/plan/publisher.ts'
import { hybridSign } from '../vit/relatives.ts'

/** Models with names of timm that compute something else. */
export const relatives: Relatives = {
  inside: [
    [/\.mlp_tokens\./, 'an MLP-Mixer'],
    [hybridSign, 'a hybrid over another network'],
    [/relative_position|\.rel_pos_/, 'a ViT with relative positions (as in BEiT, SAM)'],
    [/^patch_embed\.norm\./, 'a ViT with normed patches (AIMv2)'],
    [/\.(q|k)_norm\./, 'a ViT with normalised queries and keys (qk-norm)'],
    [/^rope\.freqs$|\.rope\.freqs$/, 'a ViT with learned rotations'],
    [/\.attn\.lambda_/, 'a ViT with differential attention'],
    [/\.norm3\./, 'a ViT with a third norm in its blocks'],
    [/detection_tokens$/, 'a YOLOS detector'],
  ],
  around: [],
}
