import type { DType } from '../../src/checkpoint/checkpoint.ts'
import type { LiTConfig } from '../../src/families/lit/config.ts'
import { litTargets } from '../../src/families/lit/targets.ts'
import type { TensorToMake } from '../checkpoint/models.ts'
import { gaussian } from '../random.ts'
import { makeModel, special } from './sentencepiece-file.ts'

const image = {
  family: 'lit',
  imageSize: [12, 12],
  channels: 3,
  patchSize: [4, 4],
  width: 8,
  depth: 2,
  heads: 2,
  mlpWidth: 12,
  classifier: 'token',
  classToken: true,
  distilled: false,
  representation: 0,
  classes: 0,
  gelu: 'tanh',
  eps: 1e-6,
  qkvBias: true,
  normAfterPool: false,
} as const

/** Models small enough for tests, with no two sizes alike. */
export const tiny = {
  bert: {
    ...image,
    embedding: 10,
    imageHead: true,
    textTower: 'bert',
    textWidth: 6,
    textDepth: 3,
    textHeads: 3,
    textMlpWidth: 14,
    vocabulary: 17,
    textPositions: 20,
    maxLength: 16,
    textHead: true,
  },
  /** Without any head. */
  bare: {
    ...image,
    embedding: 8,
    imageHead: false,
    textTower: 'bert',
    textWidth: 8,
    textDepth: 1,
    textHeads: 4,
    textMlpWidth: 9,
    vocabulary: 17,
    textPositions: 16,
    maxLength: 16,
    textHead: false,
  },
  transformer: {
    ...image,
    embedding: 8,
    imageHead: false,
    textTower: 'transformer',
    textWidth: 6,
    textDepth: 2,
    textHeads: 2,
    textMlpWidth: 11,
    vocabulary: 11,
    textPositions: 7,
    maxLength: 7,
    textHead: true,
  },
} satisfies Readonly<Record<string, LiTConfig>>

/** What the tensors of a `tiny` one don't say. */
export const unsaid = { bert: { textHeads: 3 }, bare: { textHeads: 4 }, transformer: {} } as const

export const wordPieces = new TextEncoder().encode(
  '[PAD] [UNK] [CLS] [SEP] a b ##b ##c photo of dog cat , ! red blue ##s'.split(' ').join('\n'),
)

export const sentencePieces = makeModel({
  type: 1,
  pieces: [
    ...special,
    ...['▁', '▁a', 'a', 'b', '▁dog', '▁cat', 's', '▁of'].map((text) => ({ text, score: -2 })),
  ],
})

export const vocabularies = {
  bert: wordPieces,
  bare: wordPieces,
  transformer: sentencePieces,
} as const

/** Random tensors under the official names, in Linen's numbering; the temperature is 12. */
export function litTensors(config: LiTConfig, seed = 5): TensorToMake[] {
  return litTargets(config).map(({ name, shape }, i) => {
    const count = shape.reduce((product, side) => product * side, 1)
    const values = gaussian(seed * 1000 + i, count, 0.4)
    if (name.endsWith('scale')) for (let k = 0; k < count; k++) values[k]! += 1
    if (name === 't') values[0] = Math.log(12)
    return { name, dtype: 'f32' as DType, shape, values }
  })
}

/** The same tensors as the older files name them. */
export const prelinen = (name: string) =>
  name
    .replace('LayerNorm_1/', 'LayerNorm_2/')
    .replace('MultiHeadDotProductAttention_0/', 'MultiHeadDotProductAttention_1/')
    .replace('MlpBlock_0/', 'MlpBlock_3/')
