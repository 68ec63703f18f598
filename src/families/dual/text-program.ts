import { ArgumentError } from '../../errors.ts'
import { ProgramBuilder } from '../../program/builder.ts'
import { layerNorm } from '../../program/layers/layer-norm.ts'
import { linear } from '../../program/layers/linear.ts'
import { rows } from '../../program/layers/rows.ts'
import { tokenEmbedding } from '../../program/layers/token-embedding.ts'
import type { Program } from '../../program/program.ts'
import { block } from '../vision/program.ts'
import { type DualConfig, textTower } from './config.ts'

/**
 * The text tower. Its input is `tokens` `[tokens, 1]`, i32, or `embedded` `[tokens, width]`, the sums of their rows of the
 * table and of their positions; its output `features`, the text's embedding
 * `[1, embedding]`, not normalised: that of the last token. So CLIP's texts end with their end token, without padding,
 * which causal attention would not see anyway; SigLIP's are padded to `maxLength`, and nothing is masked.
 * @param tokens how many, 1 to `maxLength`
 * @throws ArgumentError where the model has no text tower
 */
export function dualTextProgram(
  config: DualConfig,
  tokens: number,
  input: 'tokens' | 'embedded' = 'tokens',
): Program {
  const { vocabulary, maxLength: positions, textWidth: width, textDepth, causal } = config
  if (textDepth === 0) throw new ArgumentError('This model has no text tower.')
  const net = new ProgramBuilder()
  const sizes = { vocabulary, positions, width }
  let x =
    input === 'embedded'
      ? net.input('embedded', [tokens, width])
      : tokenEmbedding(net, 'text.embedding', net.input('tokens', [tokens, 1], 'i32'), sizes)
  const tower = textTower(config)
  for (let i = 0; i < textDepth; i++) x = block(net, tower, `text.blocks.${i}`, x, causal)
  const normed = layerNorm(net, 'text.norm', x, config.textEps)
  const pooled = rows(net, 'text.pooled', normed, tokens - 1, 1)
  const options = { bias: config.textHeadBias, precise: true }
  return net.build({ features: linear(net, 'text.head', pooled, config.embedding, options) })
}

/** The values of a text tower after its embedding, from the first to the last, by which an overflow is found. */
export function textStages({ textDepth }: DualConfig): [value: string, place: string][] {
  const blocks = Array.from({ length: textDepth }, (_, i) => `text.blocks.${i}`)
  return [
    ...blocks.map((name): [string, string] => [`${name}.fc2`, name]),
    ['features', 'features'],
  ]
}
