import { ProgramBuilder } from '../../program/builder.ts'
import { conv2d } from '../../program/layers/conv2d.ts'
import { layerNorm } from '../../program/layers/layer-norm.ts'
import { linear } from '../../program/layers/linear.ts'
import { meanRows } from '../../program/layers/mean-rows.ts'
import { transpose } from '../../program/layers/transpose.ts'
import type { Program } from '../../program/program.ts'
import type { ValueId } from '../../program/values.ts'
import { countPatches, type MixerConfig, patchWindow } from './config.ts'

/**
 * The MLP-Mixer (Tolstikhin et al. 2021; `models_mixer.py` of google-research/vision_transformer). Every value of the
 * forward pass is in the program and has a name: `stem`, `blocks.0.token_mixing.fc1`, …, `blocks.0.mixed` (the tokens
 * after they were mixed), `blocks.0.channel_mixing.fc2`, `norm`, `features`, `logits`.
 *
 * Outputs: `features` `[1, width]` and, with a head, `logits` `[1, classes]`.
 * @param config the fields of which are valid
 * @throws ArgumentError where the image holds no patch
 */
export function mixerProgram(config: MixerConfig): Program {
  const { imageSize, channels, width, depth, classes, eps } = config
  const net = new ProgramBuilder()
  const pixels = net.input('pixels', [imageSize[0] * imageSize[1], channels])
  let x = conv2d(net, 'stem', pixels, patchWindow(config), width, { precise: true })
  for (let i = 0; i < depth; i++) x = mixerBlock(net, config, `blocks.${i}`, x)
  const features = meanRows(net, 'features', layerNorm(net, 'norm', x, eps), 0)
  if (classes === 0) return net.build({ features })
  const logits = linear(net, 'head', features, classes, { precise: true })
  return net.build({ features, logits })
}

/** One Mixer block by itself: `[patches, width]` to `[patches, width]`, the output `tokens`. */
export function mixerBlockProgram(config: MixerConfig): Program {
  const net = new ProgramBuilder()
  const x = net.input('tokens', [countPatches(config), config.width])
  return net.build({ tokens: mixerBlock(net, config, 'blocks.0', x) })
}

/** Mixes tokens, channel by channel, then channels, token by token. */
function mixerBlock(net: ProgramBuilder, config: MixerConfig, name: string, x: ValueId): ValueId {
  const { width, tokenMlpWidth, mlpWidth, eps } = config
  const [patches] = net.shape(x)
  const activation = `gelu_${config.gelu}` as const
  const y = layerNorm(net, `${name}.norm1`, x, eps)
  const channels = transpose(net, `${name}.transposed`, y)
  const tokens = linear(net, `${name}.token_mixing.fc1`, channels, tokenMlpWidth, { activation })
  const mixed = linear(net, `${name}.token_mixing.fc2`, tokens, patches)
  const middle = transpose(net, `${name}.mixed`, mixed, x)
  const z = layerNorm(net, `${name}.norm2`, middle, eps)
  const hidden = linear(net, `${name}.channel_mixing.fc1`, z, mlpWidth, { activation })
  return linear(net, `${name}.channel_mixing.fc2`, hidden, width, { residual: middle })
}
