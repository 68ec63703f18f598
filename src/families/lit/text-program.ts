import { ArgumentError } from '../../errors.ts'
import { ProgramBuilder } from '../../program/builder.ts'
import { attention } from '../../program/layers/attention.ts'
import { layerNorm } from '../../program/layers/layer-norm.ts'
import { linear } from '../../program/layers/linear.ts'
import { rows } from '../../program/layers/rows.ts'
import { tokenEmbedding } from '../../program/layers/token-embedding.ts'
import type { Program } from '../../program/program.ts'
import type { ValueId } from '../../program/values.ts'
import { encoderBlock } from '../vit/program.ts'
import { imageTower, type LiTConfig } from './config.ts'

/** Of BERT, which all files have. */
const bertEps = 1e-12

/**
 * The text tower of a LiT. Its input is `tokens` `[tokens, 1]`, i32, or `embedded` `[tokens, width]`, the sums of their
 * rows of the table, of their positions and, in a BERT, of the segment; its output `features`, the text's embedding
 * `[1, embedding]`, not normalised.
 *
 * BERT is made for the tokens of a text without padding, so nothing has to be masked. The transformer has no mask: its
 * texts are padded to `maxLength`, and `tokens` must be that.
 * @param tokens how many, 1 to `maxLength`
 * @throws ArgumentError where the config contradicts itself
 */
export function litTextProgram(
  config: LiTConfig,
  tokens: number,
  input: 'tokens' | 'embedded' = 'tokens',
): Program {
  const { vocabulary, textPositions: positions, textWidth: width, embedding } = config
  const net = new ProgramBuilder()
  const sizes = { vocabulary, positions, width, segment: config.textTower === 'bert' }
  const x =
    input === 'embedded'
      ? net.input('embedded', [tokens, width])
      : tokenEmbedding(net, 'text.embedding', net.input('tokens', [tokens, 1], 'i32'), sizes)
  const pooled = config.textTower === 'bert' ? bert(net, config, x) : transformer(net, config, x)
  const features = config.textHead
    ? linear(net, 'text.head', pooled, embedding, { precise: true })
    : pooled
  const [, found] = net.shape(features)
  if (found !== embedding) {
    throw new ArgumentError(
      `The text tower of a LiT without a head makes embeddings of ${found}, not of ${embedding}.`,
    )
  }
  return net.build({ features })
}

/** The first token after blocks that normalise what they add up. */
function bert(net: ProgramBuilder, config: LiTConfig, embedded: ValueId): ValueId {
  let x = layerNorm(net, 'text.norm', embedded, bertEps)
  for (let i = 0; i < config.textDepth; i++) x = bertBlock(net, config, `text.blocks.${i}`, x)
  return rows(net, 'text.pooled', x, 0, 1)
}

function bertBlock(net: ProgramBuilder, config: LiTConfig, name: string, x: ValueId): ValueId {
  const { textWidth: width } = config
  const query = linear(net, `${name}.query`, x, width)
  const keyValue = linear(net, `${name}.key_value`, x, 2 * width)
  const mixed = attention(net, `${name}.attention`, query, keyValue, config.textHeads)
  const attended = linear(net, `${name}.proj`, mixed, width, { residual: x })
  const middle = layerNorm(net, `${name}.norm1`, attended, bertEps)
  const hidden = linear(net, `${name}.fc1`, middle, config.textMlpWidth, {
    activation: 'gelu_tanh',
  })
  const summed = linear(net, `${name}.fc2`, hidden, width, { residual: middle })
  return layerNorm(net, `${name}.norm2`, summed, bertEps)
}

/** The last token after the blocks of a ViT. */
function transformer(net: ProgramBuilder, config: LiTConfig, embedded: ValueId): ValueId {
  const block = {
    ...imageTower(config),
    width: config.textWidth,
    heads: config.textHeads,
    mlpWidth: config.textMlpWidth,
  }
  let x = embedded
  for (let i = 0; i < config.textDepth; i++) x = encoderBlock(net, block, `text.blocks.${i}`, x)
  const normed = layerNorm(net, 'text.norm', x, config.eps)
  return rows(net, 'text.pooled', normed, net.shape(normed)[0] - 1, 1)
}

/** The values of a text tower after its embedding, from the first to the last, by which an overflow is found. */
export function textStages({ textDepth }: LiTConfig): [value: string, place: string][] {
  const blocks = Array.from({ length: textDepth }, (_, i) => `text.blocks.${i}`)
  return [
    ...blocks.map((block): [string, string] => [`${block}.fc2`, block]),
    ['features', 'features'],
  ]
}
