import type { WholeWeight } from '../whole-weight.ts'
import type { HybridConfig } from './config.ts'
import type { Layer } from './layers.ts'

/** The weights of a layer: its kernel, the scale and the bias of its norm. Each is a tensor of a file. */
export function layerWeights(
  { name, size, from, to }: Layer,
  { kernelEps: eps, kernelEpsOn: epsOn }: HybridConfig,
  transposed: boolean,
): readonly [kernel: WholeWeight, scale: WholeWeight, bias: WholeWeight] {
  return [
    {
      weight: `${name}.kernel`,
      shape: transposed ? [to, from, size, size] : [size, size, from, to],
      transposed,
      standardize: { eps, epsOn },
    },
    { weight: `${name}.norm.scale`, shape: [to], transposed },
    { weight: `${name}.norm.bias`, shape: [to], transposed },
  ]
}
