import { linenNames } from '../../checkpoint/plan/linen.ts'
import type { Publisher, TensorRow } from '../../checkpoint/plan/publisher.ts'
import { official } from '../vit/names/official.ts'

/** Sizes of the text tower, in shapes, begin with a t, so that those of the image tower keep their names. */
const textShape = (shape: string) =>
  shape
    .split(' ')
    .map((side) => (Number(side) > 0 ? side : `t${side}`))
    .join(' ')

const layer = 'txt/BertEncoder_0/encoder_block/layer_sequence/layers_#'
const embedder = 'txt/BertEncoder_0/embedder/embedders'

/** A linear layer of BERT. Those of attention don't keep their heads apart. */
const linear = (name: string, slot: string, shape: string): TensorRow[] => [
  [`${name}/kernel`, `bert.${slot}.kernel`, shape],
  [`${name}/bias`, `bert.${slot}.bias`, shape.split(' ')[1]!],
]

const norm = (name: string, slot: string): TensorRow[] => [
  [`${name}/scale`, `bert.${slot}.scale`, 'tD'],
  [`${name}/bias`, `bert.${slot}.bias`, 'tD'],
]

/** flaxformer's BERT. */
const bert: readonly TensorRow[] = [
  [`${embedder}_token_ids/embedding`, 'bert.table', 'tV tD'],
  [`${embedder}_position_ids/embedding`, 'bert.position', 'tP tD'],
  [`${embedder}_segment_ids/embedding`, 'bert.segments', '2 tD'],
  ...norm('txt/BertEncoder_0/layer_norm', 'norm'),
  ...(['query', 'key', 'value'] as const).flatMap((name) =>
    linear(`${layer}/attention_block/attention_layer/${name}`, name, 'tD tD'),
  ),
  ...linear(`${layer}/attention_block/dense_layer`, 'proj', 'tD tD'),
  ...norm(`${layer}/attention_block/layer_norm`, 'norm1'),
  ...linear(`${layer}/mlp_block/mlp/dense_layer`, 'fc1', 'tD tM'),
  ...linear(`${layer}/mlp_block/dense_layer`, 'fc2', 'tM tD'),
  ...norm(`${layer}/mlp_block/layer_norm`, 'norm2'),
]

/** `TextTransformer` of models_lit.py, whose blocks are those of a ViT. */
const transformer: readonly TensorRow[] = [
  ['txt/Embed_0/embedding', 'transformer.table', 'tV tD'],
  ['txt/pos_embedding', 'transformer.position', '1 tP tD'],
  ...official.tensors
    .filter(([name]) => name.startsWith('Transformer/encoder'))
    .map(
      ([name, slot, shape]): TensorRow => [
        name.replace('Transformer/', 'txt/Encoder_0/'),
        `transformer.${slot}`,
        textShape(shape),
      ],
    ),
]

/**
 * The LiT files of google-research/vision_transformer: the image tower under `img/`, named as a plain ViT, the text
 * tower under `txt/`, and the temperature's logarithm. The slots of the image tower are those of a ViT.
 */
export const officialLiT: Publisher = {
  name: 'official',
  title: 'google-research/vision_transformer',
  anchor: 'img/embedding/kernel',
  transposed: false,
  tensors: [
    ...official.tensors.map(([name, slot, shape]): TensorRow => [`img/${name}`, slot, shape]),
    ...bert,
    ...transformer,
    ['txt/head/kernel', 'text.head.kernel', 'tF tK'],
    ['txt/head/bias', 'text.head.bias', 'tK'],
    ['t', 'temperature', '1'],
  ],
  harmless: [],
  defaults: {},
  recipe: 'lit',
  resample: 'official',
  renumber: linenNames,
}

/** Files of ours have one name for each slot: of alternatives the first. */
export const ownLiT: Publisher = {
  ...officialLiT,
  tensors: officialLiT.tensors.filter(
    ([, slot], i) => officialLiT.tensors.findIndex(([, other]) => other === slot) === i,
  ),
}
