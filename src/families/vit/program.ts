import { ArgumentError } from '../../errors.ts'
import { ProgramBuilder } from '../../program/builder.ts'
import { attention } from '../../program/layers/attention.ts'
import { patchEmbed } from '../../program/layers/conv2d.ts'
import { layerNorm } from '../../program/layers/layer-norm.ts'
import { linear } from '../../program/layers/linear.ts'
import { meanRows } from '../../program/layers/mean-rows.ts'
import { rows } from '../../program/layers/rows.ts'
import { tokens } from '../../program/layers/tokens.ts'
import type { Program } from '../../program/program.ts'
import type { ValueId } from '../../program/values.ts'
import type { EncoderConfig, ViTConfig } from './config.ts'
import { addDistilledLogits } from './distillation.ts'
import { patchGrid, prefixTokens } from './grid.ts'

/**
 * The Vision Transformer (Dosovitskiy et al. 2021; `models_vit.py` of google-research/
 * vision_transformer), with the variations of timm, torchvision and Hugging Face that a config can
 * name. Every value of the forward pass is in the program and has a name: `tokens`, `blocks.0.fc2`, …,
 * `norm`, `features` (what the head multiplies), `logits`. What is not asked for is not computed
 * once the program went through `withOutputs`.
 *
 * Outputs: `features` `[1, width]` (`[tokens, width]` when unpooled) and, with a head, `logits`
 * `[1, classes]` (`[tokens, classes]`).
 * @param config the fields of which are valid
 * @throws ArgumentError where the config contradicts itself
 */
export function vitProgram(config: ViTConfig): Program {
  const net = new ProgramBuilder()
  const [height, columns] = config.imageSize
  const pixels = net.input('pixels', [height * columns, config.channels])
  return net.build(encoder(net, config, pixels))
}

/**
 * Adds the transformer and its head to a program.
 * @param input what patches are cut from, `[height * width, channels]`
 * @returns the outputs
 * @throws ArgumentError where the config contradicts itself
 */
export function encoder(
  net: ProgramBuilder,
  config: EncoderConfig,
  input: ValueId,
): Record<string, ValueId> {
  check(config)
  const { width, eps } = config
  const patches = patchEmbed(net, 'patch', input, config.imageSize, config.patchSize, width)
  let x = tokens(net, 'tokens', patches, prefixTokens(config))
  for (let i = 0; i < config.depth; i++) x = encoderBlock(net, config, `blocks.${i}`, x)
  if (!config.normAfterPool) x = layerNorm(net, 'norm', x, eps)

  const outputs: Record<string, ValueId> = {}
  const pooled = pool(net, config, x)
  let features = config.normAfterPool ? layerNorm(net, 'norm', pooled, eps) : pooled
  if (config.representation > 0) {
    const options = { activation: 'tanh', precise: true } as const
    features = linear(net, 'pre_logits', features, config.representation, options)
  }
  outputs.features = features
  if (config.classes > 0) {
    const logits = linear(net, 'head', features, config.classes, { precise: true })
    outputs.logits = config.distilled ? addDistilledLogits(net, config, x, logits) : logits
  }
  return outputs
}

/**
 * One encoder block by itself: `[tokens, width]` to `[tokens, width]`, the output `tokens`. Its names
 * are those of the first block of the whole model.
 */
export function vitBlockProgram(config: EncoderConfig): Program {
  check(config)
  const [gridRows, gridColumns] = patchGrid(config)
  const net = new ProgramBuilder()
  const x = net.input('tokens', [prefixTokens(config) + gridRows * gridColumns, config.width])
  return net.build({ tokens: encoderBlock(net, config, 'blocks.0', x) })
}

/** `[tokens, width]` to the same, with layer norms before attention and MLP. */
export function encoderBlock(
  net: ProgramBuilder,
  config: EncoderConfig,
  name: string,
  x: ValueId,
): ValueId {
  const { width, gelu, eps, qkvBias: bias } = config
  const y = layerNorm(net, `${name}.norm1`, x, eps)
  const query = linear(net, `${name}.query`, y, width, { bias })
  const keyValue = linear(net, `${name}.key_value`, y, 2 * width, { bias })
  const mixed = attention(net, `${name}.attention`, query, keyValue, config.heads)
  const middle = linear(net, `${name}.proj`, mixed, width, { residual: x })
  const z = layerNorm(net, `${name}.norm2`, middle, eps)
  const hidden = linear(net, `${name}.fc1`, z, config.mlpWidth, { activation: `gelu_${gelu}` })
  return linear(net, `${name}.fc2`, hidden, width, { residual: middle })
}

function pool(net: ProgramBuilder, config: EncoderConfig, x: ValueId): ValueId {
  switch (config.classifier) {
    case 'token':
      return rows(net, 'pooled', x, 0, 1)
    case 'gap':
      return meanRows(net, 'pooled', x, prefixTokens(config))
    case 'unpooled':
    case 'token_unpooled':
      return x
  }
}

function check(config: EncoderConfig): void {
  const wantsToken = config.classifier === 'token' || config.classifier === 'token_unpooled'
  if (wantsToken && !config.classToken) {
    throw new ArgumentError(`The classifier '${config.classifier}' needs a class token.`)
  }
  if (config.distilled && config.classifier !== 'token') {
    throw new ArgumentError(
      `A distilled model has the classifier 'token', not '${config.classifier}'.`,
    )
  }
}
