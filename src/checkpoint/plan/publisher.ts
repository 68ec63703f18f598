import type { RecipeName } from '../../image/preprocess/recipes.ts'
import type { Resample } from './resamples.ts'

/**
 * A tensor of a publisher's table: its name in the file (`#` is the number of its block), its slot (what
 * it is to the family), and its shape in the file as names of sizes: `1 P D`.
 */
export type TensorRow<Slot extends string = string> = readonly [
  tensor: string,
  slot: Slot,
  shape: string,
]

/** The name of a tensor as tables have it: the number of its block is `#`. */
export const rowName = (name: string) => name.replace(/(?<=[._])\d+(?=[./])/, '#')

/**
 * How one publisher's files name and lay out the models of one family. Slots that begin with `head` are
 * the classifier; `head.kernel` and `head.bias` are its linear layer.
 */
export interface Publisher<Slot extends string = string, Config = object> {
  readonly name: string
  /** For messages: `google-research/vision_transformer`. */
  readonly title: string
  /** A tensor that every file of this publisher has for a model of this family. */
  readonly anchor: string
  /** A tensor that its files never have, and those of another publisher with this anchor do. */
  readonly without?: RegExp
  /** Kernels are stored `[out, in]` (PyTorch), not `[in, out]` (flax). */
  readonly transposed: boolean
  /** Where several rows have the same slot, the first one that the file has is used. */
  readonly tensors: readonly TensorRow<Slot>[]
  /** Names of tensors that the table leaves out, since a config tells which there are; its layout lists them. */
  readonly others?: RegExp
  /** Tensors that may be there and are of no use here. */
  readonly harmless: readonly RegExp[]
  /** What the tensors do not tell of a config, and is so in this publisher's code. */
  readonly defaults: Config
  /** The preprocessing that its weights expect. */
  readonly recipe: RecipeName
  /** How its code resizes position embeddings. */
  readonly resample: Resample
  /** Whose `config.json` lies beside its files, if any; open_clip's is `open_clip_config.json`. */
  readonly describedBy?: 'timm' | 'transformers' | 'open_clip'
  /** Brings other numberings of modules to that of the table: stored names by names of the table. */
  renumber?(names: Iterable<string>): Map<string, string>
}

/** How the files of one family are told from all others. */
export interface Kind {
  readonly publishers: readonly Publisher[]
  /** Slots that every complete model of the family has, so that a part of one is not taken for it. */
  readonly essential: readonly string[]
  readonly relatives: Relatives
}

/** The sign of another kind of model in the name of a tensor, and what that model is called. */
export type Sign = readonly [sign: RegExp, relative: string]

/** Models that would load, or almost load, as one of this family, and are something else. */
export interface Relatives {
  /** Looked for in the names below the model. */
  readonly inside: readonly Sign[]
  /** Looked for in whole names, since it is what is around the model that tells. */
  readonly around: readonly Sign[]
}
