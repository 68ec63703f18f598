/** A repository of Hugging Face with a relative of the ViT, as `vitrine models` lists it. */
export interface PublishedRepository {
  /** The name to load it by, `hf:org/name`. */
  readonly name: string
  /** The family that its model is run as. */
  readonly family: string
  /** Side length in pixels. */
  readonly resolution: number
  /** Number of parameters in millions, rounded. */
  readonly millions?: number
  /** Published accuracy on ImageNet-2012, in percent. */
  readonly top1?: number
  /** The licence of the weights, as Hugging Face abbreviates it. */
  readonly license: string
}

type Row = readonly [
  name: string,
  family: string,
  resolution: number,
  license: string,
  millions?: number,
  top1?: number,
]

/** Facts that publishers state; what is not known for certain is left out. */
const rows: readonly Row[] = [
  ['openai/clip-vit-base-patch32', 'clip', 224, 'mit', 151],
  ['openai/clip-vit-base-patch16', 'clip', 224, 'mit', 150],
  ['openai/clip-vit-large-patch14', 'clip', 224, 'mit', 428],
  ['openai/clip-vit-large-patch14-336', 'clip', 336, 'mit', 428],
  ['laion/CLIP-ViT-B-32-laion2B-s34B-b79K', 'clip', 224, 'mit', 151],
  ['laion/CLIP-ViT-L-14-laion2B-s32B-b82K', 'clip', 224, 'mit', 428],
  ['google/siglip-base-patch16-224', 'siglip', 224, 'apache-2.0', 203],
  ['google/siglip-so400m-patch14-384', 'siglip', 384, 'apache-2.0', 878],
  ['google/siglip2-base-patch16-224', 'siglip', 224, 'apache-2.0', 375],
  ['google/siglip2-base-patch16-naflex', 'naflex', 256, 'apache-2.0', 375],
  ['google/siglip2-so400m-patch16-naflex', 'naflex', 256, 'apache-2.0', 1136],
  ['facebook/dinov2-small', 'dinov2', 518, 'apache-2.0', 22],
  ['facebook/dinov2-base', 'dinov2', 518, 'apache-2.0', 87],
  ['facebook/dinov2-large', 'dinov2', 518, 'apache-2.0', 304],
  ['facebook/dinov2-with-registers-small', 'dinov2', 518, 'apache-2.0', 22],
  ['facebook/dinov2-with-registers-base', 'dinov2', 518, 'apache-2.0', 87],
  ['facebook/dinov3-vits16-pretrain-lvd1689m', 'dinov3', 224, 'dinov3-license', 22],
  ['facebook/dinov3-vitb16-pretrain-lvd1689m', 'dinov3', 224, 'dinov3-license', 86],
  ['timm/vit_small_patch16_dinov3.lvd1689m', 'timm_vit', 256, 'dinov3-license', 22],
  ['timm/vit_base_patch16_dinov3.lvd1689m', 'timm_vit', 256, 'dinov3-license', 86],
  ['timm/vit_small_patch14_reg4_dinov2.lvd142m', 'timm_vit', 518, 'apache-2.0', 22],
  ['timm/deit3_small_patch16_224.fb_in1k', 'timm_vit', 224, 'apache-2.0', 22, 81.4],
  ['timm/deit3_small_patch16_224.fb_in22k_ft_in1k', 'timm_vit', 224, 'apache-2.0', 22, 83.1],
  ['timm/deit3_base_patch16_224.fb_in22k_ft_in1k', 'timm_vit', 224, 'apache-2.0', 87, 85.7],
  ['timm/vit_wee_patch16_reg1_gap_256.sbb_in1k', 'timm_vit', 256, 'apache-2.0', 13, 80.26],
  ['timm/vit_little_patch16_reg1_gap_256.sbb_in12k_ft_in1k', 'timm_vit', 256, 'apache-2.0', 22],
  ['timm/eva02_tiny_patch14_336.mim_in22k_ft_in1k', 'timm_vit', 336, 'mit', 6, 80.65],
  ['timm/eva02_small_patch14_336.mim_in22k_ft_in1k', 'timm_vit', 336, 'mit', 22, 85.8],
  ['timm/eva02_base_patch14_448.mim_in22k_ft_in22k_in1k', 'timm_vit', 448, 'mit', 87, 88.7],
  ['timm/flexivit_small.300ep_in1k', 'vit', 240, 'apache-2.0', 22],
  ['timm/beit_base_patch16_224.in22k_ft_in22k_in1k', 'beit', 224, 'apache-2.0', 87, 85.2],
  ['timm/beitv2_base_patch16_224.in1k_ft_in22k_in1k', 'beit', 224, 'apache-2.0', 87, 86.5],
  ['timm/vit_pe_core_tiny_patch16_384.fb', 'timm_vit', 384, 'apache-2.0'],
  ['timm/vit_pe_core_base_patch16_224.fb', 'timm_vit', 224, 'apache-2.0'],
  ['timm/aimv2_large_patch14_224.apple_pt', 'aimv2', 224, 'apple-ascl', 309],
]

export const repositories: readonly PublishedRepository[] = rows.map(
  ([name, family, resolution, license, millions, top1]) => ({
    name: `hf:${name}`,
    family,
    resolution,
    license,
    ...(millions !== undefined && { millions }),
    ...(top1 !== undefined && { top1 }),
  }),
)

/** Rows that contain every word of a query. */
export function searchRepositories(query: string): PublishedRepository[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return repositories.filter(({ name, family, resolution, license }) => {
    const text = `${name} ${family} ${resolution}px ${license}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
