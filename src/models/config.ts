/** How the tokens of the last block become logits. */
export type Classifier = 'token' | 'gap' | 'unpooled' | 'token_unpooled'

/** The two forms of GELU in use: flax's default is `tanh`, timm and Hugging Face mostly use `erf`. */
export type Gelu = 'tanh' | 'erf'

/** Everything that decides the program of a plain Vision Transformer (Dosovitskiy et al. 2021). */
export interface ViTConfig {
  family: 'vit'
  /** Input height and width in pixels. A remainder that does not fill a patch is ignored. */
  imageSize: readonly [height: number, width: number]
  patchSize: readonly [height: number, width: number]
  /** Length of a token (D). */
  width: number
  /** Number of encoder blocks (L). */
  depth: number
  heads: number
  /** Hidden width of the MLP of each block (M). */
  mlpWidth: number
  classifier: Classifier
  /** A class token stands before the patch tokens. */
  classToken: boolean
  /** DeiT's distillation token stands after the class token; its head is averaged with the other. */
  distilled: boolean
  /** Width of the dense + tanh layer before the head (`pre_logits`), 0 for none. */
  representation: number
  /** Number of classes of the head, 0 for a model without a head. */
  classes: number
  gelu: Gelu
  /** Epsilon of every layer norm. */
  eps: number
  /** Queries, keys and values have biases. */
  qkvBias: boolean
  /** The final norm acts on the pooled token (timm's `fc_norm`), not on all tokens before the pooling. */
  normAfterPool: boolean
}
