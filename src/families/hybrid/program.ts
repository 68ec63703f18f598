import { ProgramBuilder } from '../../program/builder.ts'
import { conv2d } from '../../program/layers/conv2d.ts'
import { type GroupNormOptions, groupNorm } from '../../program/layers/group-norm.ts'
import { linear } from '../../program/layers/linear.ts'
import { maxPool } from '../../program/layers/max-pool.ts'
import { type Grid, sameWindow } from '../../program/ops/window.ts'
import type { Program } from '../../program/program.ts'
import type { ValueId } from '../../program/values.ts'
import { encoder, vitBlockProgram } from '../vit/program.ts'
import { type HybridConfig, transformerOf } from './config.ts'
import { type Layer, rootOf, type Unit, unitsOf } from './layers.ts'

/**
 * A ResNet and a Vision Transformer over its features (`models_resnet.py` and `models_vit.py` of google-research/
 * vision_transformer). Its values are `root`, `root.norm`, `root.pool`, `stages.0.units.0.conv1`, …, then those of the
 * ViT; the result of a unit is its `conv3.norm`.
 *
 * Outputs: as of a ViT.
 * @param config the fields of which are valid
 * @throws ArgumentError where the config contradicts itself
 */
export function hybridProgram(config: HybridConfig): Program {
  const net = new ProgramBuilder()
  const [height, columns] = config.imageSize
  const pixels = net.input('pixels', [height * columns, config.channels])
  return net.build(encoder(net, transformerOf(config), resnet(net, config, pixels)))
}

/** One encoder block by itself, as of a ViT. */
export const hybridBlockProgram = (config: HybridConfig): Program =>
  vitBlockProgram(transformerOf(config))

/** A value, and the rows and columns of its positions. */
interface Features {
  readonly value: ValueId
  readonly grid: Grid
}

function resnet(net: ProgramBuilder, config: HybridConfig, pixels: ValueId): ValueId {
  const root = layer(net, config, rootOf(config), { value: pixels, grid: config.imageSize }, relu)
  const window = sameWindow(root.grid, [3, 3], [2, 2])
  let x: Features = { value: maxPool(net, 'root.pool', root.value, window), grid: window.outputs }
  for (const unit of unitsOf(config)) x = residualUnit(net, config, unit, x)
  return x.value
}

const relu = { activation: 'relu' } as const

function residualUnit(
  net: ProgramBuilder,
  config: HybridConfig,
  { convolutions: [conv1, conv2, conv3], projection }: Unit,
  x: Features,
): Features {
  const shortcut = projection ? layer(net, config, projection, x, {}) : x
  const reduced = layer(net, config, conv1, x, relu)
  const middle = layer(net, config, conv2, reduced, relu)
  return layer(net, config, conv3, middle, { ...relu, residual: shortcut.value })
}

/** A convolution and its norm. Only the first kernel of all sees pixels, and stays precise. */
function layer(
  net: ProgramBuilder,
  { groups, groupEps: eps }: HybridConfig,
  { name, size, stride, to, place }: Layer,
  { value, grid }: Features,
  options: Pick<GroupNormOptions, 'activation' | 'residual'>,
): Features {
  const window = sameWindow(grid, [size, size], [stride, stride])
  const isProduct = size === 1 && stride === 1
  const sums = isProduct
    ? linear(net, name, value, to, { bias: false })
    : conv2d(net, name, value, window, to, { bias: false, precise: place.part === 'root' })
  const normal = groupNorm(net, `${name}.norm`, sums, { groups, eps, ...options })
  return { value: normal, grid: window.outputs }
}
