import { timm as vit } from '../../vit/names/timm.ts'
import type { HybridPublisher } from './publisher.ts'

const backbone = 'patch_embed.backbone'

/** pytorch-image-models. A ResNet that ends after its stem has the stem's names without `stem`. */
export const timm: HybridPublisher = {
  ...vit,
  tensors: [
    ...vit.tensors,
    ...[backbone, `${backbone}.stem`].flatMap((scope): HybridPublisher['tensors'] => [
      [`${scope}.conv.weight`, 'root.kernel', 'S c 7 7'],
      [`${scope}.norm.weight`, 'root.norm.scale', 'S'],
      [`${scope}.norm.bias`, 'root.norm.bias', 'S'],
    ]),
  ],
  others: /^patch_embed\.backbone\.stages\.(\d+)\.blocks\.(\d+)\./,
  firstNumber: 0,
  layerNames({ place }, { units }) {
    const [scope, conv, norm] = scopeAndNames(place, units)
    return [`${scope}.${conv}.weight`, `${scope}.${norm}.weight`, `${scope}.${norm}.bias`]
  },
  defaults: {
    ...vit.defaults,
    groups: 32,
    groupEps: 1e-5,
    kernelEps: 1e-8,
    kernelEpsOn: 'variance',
  },
}

function scopeAndNames(
  place: Parameters<HybridPublisher['layerNames']>[0]['place'],
  units: readonly number[],
): readonly [scope: string, conv: string, norm: string] {
  if (place.part === 'root') {
    return [units.length > 0 ? `${backbone}.stem` : backbone, 'conv', 'norm']
  }
  const { part, stage, unit } = place
  const scope = `${backbone}.stages.${stage}.blocks.${unit}`
  if (part === 'proj') return [`${scope}.downsample`, 'conv', 'norm']
  return [scope, part, part.replace('conv', 'norm')]
}
