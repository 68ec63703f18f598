import type { RecipeName } from '../../image/preprocess/recipes.ts'
import type { Gelu } from '../../models/config.ts'
import type { Slot } from './slots.ts'

/** Whose names a checkpoint uses. `vitrine` is what this package writes: timm's names and a config. */
export type PublisherName = 'official' | 'timm' | 'torchvision' | 'huggingface' | 'vitrine'

/** Name in the file (`#` is the block's number), what it is, and its shape in the file. */
export type TensorRow = readonly [tensor: string, slot: Slot, shape: string]

/** The name of a tensor as tables have it: the number of its block is `#`. */
export const rowName = (name: string) => name.replace(/(?<=[._])\d+(?=[./])/, '#')

/** How one publisher's files name and lay out a plain ViT. */
export interface Publisher {
  readonly name: PublisherName
  /** A tensor that only this publisher's files have. */
  readonly anchor: string
  /** Kernels are stored `[out, in]` (PyTorch), not `[in, out]` (flax). */
  readonly transposed: boolean
  /** Where several rows have the same slot, the first one that the file has is used. */
  readonly tensors: readonly TensorRow[]
  /** Tensors that may be there and are of no use here. */
  readonly harmless: readonly RegExp[]
  readonly gelu: Gelu
  readonly eps: number
  /** The preprocessing that its weights expect. */
  readonly recipe: RecipeName
}
