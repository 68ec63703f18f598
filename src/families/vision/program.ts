import { ArgumentError } from '../../errors.ts'
import { ProgramBuilder } from '../../program/builder.ts'
import { attention } from '../../program/layers/attention.ts'
import { conv2d } from '../../program/layers/conv2d.ts'
import { linear } from '../../program/layers/linear.ts'
import { meanRows } from '../../program/layers/mean-rows.ts'
import { rope } from '../../program/layers/rope.ts'
import { rows } from '../../program/layers/rows.ts'
import { tokens } from '../../program/layers/tokens.ts'
import { validWindow } from '../../program/ops/window.ts'
import type { Program } from '../../program/program.ts'
import type { ValueId } from '../../program/values.ts'
import { patchGrid } from '../vit/grid.ts'
import { addMlp, addNorm } from './block.ts'
import { prefixTokens, type VisionTower } from './config.ts'
import { attentionPool } from './map.ts'

/**
 * A transformer over patches with the variations that its config names. Values have the names of a plain ViT's:
 * `tokens`, `blocks.0.fc2`, …, `norm`, `features`, `logits`.
 *
 * Outputs: `features` `[1, width]` (`[1, projection]` with one, `[tokens, width]` when unpooled) and, with a head,
 * `logits` `[1, classes]` (`[tokens, classes]`).
 * @param config the fields of which are valid
 * @throws ArgumentError where the config contradicts itself
 */
export function visionProgram(config: VisionTower): Program {
  const net = new ProgramBuilder()
  const [height, columns] = config.imageSize
  const pixels = net.input('pixels', [height * columns, config.channels])
  return net.build(encoder(net, config, pixels))
}

/** One block by itself: `[tokens, width]` to the same, the output `tokens`. */
export function visionBlockProgram(config: VisionTower): Program {
  check(config)
  const [down, across] = patchGrid(config)
  const net = new ProgramBuilder()
  const x = net.input('tokens', [prefixTokens(config) + down * across, config.width])
  return net.build({ tokens: block(net, config, 'blocks.0', x) })
}

function encoder(
  net: ProgramBuilder,
  config: VisionTower,
  input: ValueId,
): Record<string, ValueId> {
  check(config)
  const { width, imageSize, patchSize } = config
  const window = validWindow(imageSize, patchSize)
  const options = { bias: config.patchBias, precise: true }
  let patches = conv2d(net, 'patch', input, window, width, options)
  if (config.patchNorm) patches = addNorm(net, config, 'patch_norm', patches)
  return encodeTokens(
    net,
    config,
    tokens(net, 'tokens', patches, prefixTokens(config), config.positions),
  )
}

/**
 * What becomes of tokens with their positions.
 * @param input `[prefix + patches, width]`
 * @returns the outputs of the program
 */
export function encodeTokens(
  net: ProgramBuilder,
  config: VisionTower,
  input: ValueId,
): Record<string, ValueId> {
  const { classes } = config
  let x = config.preNorm ? addNorm(net, config, 'norm_pre', input) : input
  for (let i = 0; i < config.depth; i++) x = block(net, config, `blocks.${i}`, x)
  if (config.finalNorm === 'tokens') x = addNorm(net, config, 'norm', x)

  let features = pool(net, config, x)
  if (config.finalNorm === 'pooled') features = addNorm(net, config, 'norm', features)
  if (config.projection > 0) {
    features = linear(net, 'projection', features, config.projection, {
      bias: false,
      precise: true,
    })
  }
  const outputs: Record<string, ValueId> = { features }
  if (classes === 0) return outputs
  const logits = linear(net, 'head', features, classes, { precise: true })
  if (config.classifier !== 'token_gap') return { ...outputs, logits }
  const mean = meanRows(net, 'mean', x, prefixTokens(config))
  const withMean = { residual: logits, precise: true, bias: false }
  return { ...outputs, logits: linear(net, 'head_mean', mean, classes, withMean) }
}

/**
 * `[tokens, width]` to the same. LayerScale is no part of it: its factors are in the kernels.
 * @param causal whether a token sees only those before it, and itself
 */
export function block(
  net: ProgramBuilder,
  config: VisionTower,
  name: string,
  x: ValueId,
  causal = false,
): ValueId {
  const { width, heads, bias } = config
  const y = addNorm(net, config, `${name}.norm1`, x)
  const hasBias = config.qkvBias !== false
  let query = linear(net, `${name}.query`, y, width, { bias: hasBias })
  let keyValue = linear(net, `${name}.key_value`, y, 2 * width, { bias: hasBias })
  if (config.rope !== 'none') {
    const place = { table: 'rope', heads, from: prefixTokens(config), width }
    query = rope(net, `${name}.query.rope`, query, place)
    keyValue = rope(net, `${name}.key_value.rope`, keyValue, place)
  }
  let mixed = attention(net, `${name}.attention`, query, keyValue, heads, {
    causal,
    ...(config.relativePositions && { bias: `${name}.relative_positions` }),
  })
  if (config.attentionNorm) mixed = addNorm(net, config, `${name}.attention_norm`, mixed)
  const middle = linear(net, `${name}.proj`, mixed, width, { bias, residual: x })
  return addMlp(net, config, name, middle, addNorm(net, config, `${name}.norm2`, middle))
}

function pool(net: ProgramBuilder, config: VisionTower, x: ValueId): ValueId {
  switch (config.classifier) {
    case 'token':
    case 'token_gap':
      return rows(net, 'pooled', x, 0, 1)
    case 'gap':
      return meanRows(net, 'pooled', x, prefixTokens(config))
    case 'map':
      return attentionPool(net, config, x)
    case 'unpooled': {
      const from = prefixTokens(config)
      return rows(net, 'pooled', x, from, net.shape(x)[0] - from)
    }
    case 'token_unpooled':
      return x
  }
}

function check(config: VisionTower): void {
  if (/^token/.test(config.classifier) && !config.classToken) {
    throw new ArgumentError(`The classifier '${config.classifier}' needs a class token.`)
  }
  if (config.gated && config.activation !== 'silu') {
    throw new ArgumentError(`The gate of an MLP is silu, not ${config.activation}.`)
  }
  if (config.relativePositions && prefixTokens(config) !== 1) {
    throw new ArgumentError('Relative positions need a class token and no registers.')
  }
  if (config.rope !== 'none' && (config.width / config.heads) % 4 !== 0) {
    throw new ArgumentError(
      `Positions of rows and columns are rotated in heads of a multiple of 4, not of ${config.width / config.heads}.`,
    )
  }
}
