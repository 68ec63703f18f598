import { official as vit } from '../../vit/names/official.ts'
import type { HybridPublisher } from './publisher.ts'

/** google-research/vision_transformer. Kernels are `[height, width, in, out]`; norms may be `[1, 1, 1, channels]`. */
export const official: HybridPublisher = {
  ...vit,
  tensors: [
    ...vit.tensors,
    ['conv_root/kernel', 'root.kernel', '7 7 c S'],
    ['gn_root/scale', 'root.norm.scale', 'S'],
    ['gn_root/bias', 'root.norm.bias', 'S'],
  ],
  others: /^block(\d+)\/unit(\d+)\//,
  firstNumber: 1,
  layerNames({ place }) {
    if (place.part === 'root') return ['conv_root/kernel', 'gn_root/scale', 'gn_root/bias']
    const { part, stage, unit } = place
    const scope = `block${stage + 1}/unit${unit + 1}`
    const [conv, norm] =
      part === 'proj' ? ['conv_proj', 'gn_proj'] : [part, part.replace('conv', 'gn')]
    return [`${scope}/${conv}/kernel`, `${scope}/${norm}/scale`, `${scope}/${norm}/bias`]
  },
  defaults: {
    ...vit.defaults,
    groups: 32,
    groupEps: 1e-6,
    kernelEps: 1e-5,
    kernelEpsOn: 'deviation',
  },
}
