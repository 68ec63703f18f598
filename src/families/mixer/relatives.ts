import type { Relatives } from '../../checkpoint/plan/publisher.ts'

/** Other networks of MLPs over patches, as timm names them. The first sign that is found counts. */
export const relatives: Relatives = {
  inside: [
    [/^blocks\.\d+\.linear_tokens\./, 'a ResMLP'],
    [/^blocks\.\d+\.mlp_channels\.gate\./, 'a gMLP'],
  ],
  around: [],
}
