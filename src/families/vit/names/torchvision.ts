import type { VitPublisher } from './publisher.ts'

const block = 'encoder.layers.encoder_layer_#'

/** torchvision's `VisionTransformer`. */
export const torchvision: VitPublisher = {
  name: 'torchvision',
  title: 'torchvision',
  anchor: 'conv_proj.weight',
  transposed: true,
  tensors: [
    ['class_token', 'class', '1 1 D'],
    ['conv_proj.weight', 'patch.kernel', 'D C h w'],
    ['conv_proj.bias', 'patch.bias', 'D'],
    ['encoder.pos_embedding', 'position', '1 P D'],
    [`${block}.ln_1.weight`, 'norm1.scale', 'D'],
    [`${block}.ln_1.bias`, 'norm1.bias', 'D'],
    [`${block}.self_attention.in_proj_weight`, 'qkv.kernel', '3D D'],
    [`${block}.self_attention.in_proj_bias`, 'qkv.bias', '3D'],
    [`${block}.self_attention.out_proj.weight`, 'proj.kernel', 'D D'],
    [`${block}.self_attention.out_proj.bias`, 'proj.bias', 'D'],
    [`${block}.ln_2.weight`, 'norm2.scale', 'D'],
    [`${block}.ln_2.bias`, 'norm2.bias', 'D'],
    // Weights from before torchvision 0.14 call the layers of the MLP linear_1 and linear_2.
    [`${block}.mlp.0.weight`, 'fc1.kernel', 'M D'],
    [`${block}.mlp.0.bias`, 'fc1.bias', 'M'],
    [`${block}.mlp.3.weight`, 'fc2.kernel', 'D M'],
    [`${block}.mlp.3.bias`, 'fc2.bias', 'D'],
    [`${block}.mlp.linear_1.weight`, 'fc1.kernel', 'M D'],
    [`${block}.mlp.linear_1.bias`, 'fc1.bias', 'M'],
    [`${block}.mlp.linear_2.weight`, 'fc2.kernel', 'D M'],
    [`${block}.mlp.linear_2.bias`, 'fc2.bias', 'D'],
    ['encoder.ln.weight', 'norm.scale', 'D'],
    ['encoder.ln.bias', 'norm.bias', 'D'],
    ['heads.pre_logits.weight', 'pre_logits.kernel', 'R D'],
    ['heads.pre_logits.bias', 'pre_logits.bias', 'R'],
    ['heads.head.weight', 'head.kernel', 'K F'],
    ['heads.head.bias', 'head.bias', 'K'],
  ],
  harmless: [],
  defaults: { gelu: 'erf', eps: 1e-6 },
  recipe: 'torchvision',
  resample: 'torchvision',
  oblong: false,
}
