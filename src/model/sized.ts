import type { Executable, Inputs, WeightSink } from '../backends/backend.ts'
import type { ImageInput } from '../image/image.ts'
import type { InputOptions } from '../image/input.ts'
import type { Recipe, RecipeName } from '../image/preprocess/recipes.ts'
import type { Program } from '../program/program.ts'
import type { TokenMerging } from './token-merging.ts'
import type { Tokens } from './tokens.ts'

/** What computes images of one size. */
export interface Sized {
  readonly program: Program
  /** What the program was made of where it merges tokens. */
  readonly merging?: TokenMerging | undefined
  /** What the program has of tokens; most programs never ask. */
  tokens(): Promise<Tokens>
  /** Programs that were made ready to run, by the names of their outputs. */
  readonly compiled: Map<string, Executable>
}

/** An image, and what computes it. */
export interface ReadyImage {
  readonly sized: Sized
  readonly inputs: Inputs
}

/** What of a checkpoint's weights is kept beside the backend's model. */
export interface Keeping {
  /** Names of weights that only `sink` takes, and the backend does not have. */
  readonly aside?: readonly string[]
  /** What weights are written to, instead of the model itself. */
  sink?(model: WeightSink): WeightSink
}

/** What a model has whose images keep their aspect ratio, so that each may have a size of its own. */
export interface AnySize {
  /** For the images that the weights were made for. */
  readonly usual: Sized
  /** The same, and the weights that the inputs of each size are made of are kept here. */
  keeping<K extends Keeping>(others: K): K
  /** The values of a weight that is kept, row-major; undefined for others. */
  values(weight: string): Float32Array | undefined
  /** Reads an image in its size. */
  read(image: ImageInput, recipe: RecipeName | Recipe, options: InputOptions): Promise<ReadyImage>
}
