import type { Facts } from '../checkpoint/beside/facts.ts'
import type { JsonFile } from '../checkpoint/beside/json.ts'
import type { Given } from '../checkpoint/description.ts'
import type { ModelConfig } from '../checkpoint/model-config.ts'
import type { Found } from '../checkpoint/plan/found.ts'
import type { Kind } from '../checkpoint/plan/publisher.ts'
import type { Target } from '../checkpoint/write/target.ts'
import type { Recipe, RecipeName } from '../image/preprocess/recipes.ts'
import type { PublishedFamily } from './published-family.ts'
import type { Runnable } from './runnable.ts'

/** A family of models: all that files, commands and callers need of it. */
export interface Family<Config extends ModelConfig = ModelConfig>
  extends Runnable<Config>,
    PublishedFamily<Config>,
    Kind {
  /**
   * Reads a config off the names and shapes of a checkpoint. What these can't tell comes from the publisher.
   * @param overrides taken as they are
   * @param assumed receives, in words, what is assumed because nothing says it
   * @throws ArgumentError naming what the caller must give; UnsupportedError for what is not run
   */
  infer(found: Found, overrides: Partial<Config>, assumed: string[]): Config
  /** Whether images are cut into patches by the weight `patch.kernel`, which can be resized for patches of another size. */
  readonly patchesAreResizable?: true
  /** Values for what `infer` can't see in tensors, for callers that need only the rest. */
  readonly unshown: Partial<Config>
  /**
   * The preprocessing that weights of this config expect.
   * @param assumed as for `infer`
   */
  recipe(config: Config, found: Found, assumed: string[]): RecipeName | Recipe
  /** Readers of `config.json`. They are loaded when a checkpoint has such a file. */
  configReaders(): Promise<ConfigReaders<Config>>
  /** Were the file's positions made for an image of this size, as far as they show? */
  fitsSize(imageSize: Config['imageSize'], config: Config, found: Found): boolean
  /** What only commands need. It comes by itself, so that programs that load models go without. */
  tools(): Promise<Tools<Config>>
}

/** What a `config.json` says, by whose it is; a library that is missing here writes none. */
export interface ConfigReaders<Config extends ModelConfig = ModelConfig> {
  timm?(file: JsonFile, given: Given<Config>): Facts<Config>
  transformers?(file: JsonFile, given: Given<Config>): Facts<Config>
  open_clip?(file: JsonFile, given: Given<Config>): Facts<Config>
}

/** Whose names a file that is written has: those of our own files, or those of the release's. */
export type FileNames = 'own' | 'official'

/** What `convert`, `inspect` and `variants` need of a family. */
export interface Tools<Config extends ModelConfig = ModelConfig> {
  /** The tensors of a file that is written. */
  targets(config: Config, names: FileNames): Target[]
  /** The fields of this config that users of the release tell its code themselves, since its files don't show them. */
  told(config: Config): readonly string[]
  /** The patches that an image is cut into. */
  patches(config: Config): Patches
  /** The published variant with this structure, where there is one. */
  variantOf(config: Config): string | undefined
  /** A config in words, line by line. */
  facts(config: Config): (readonly [name: string, text: string])[]
  /** The columns of `variants`: a key for JSON, a title for people. */
  readonly columns: readonly Column<Config>[]
}

/** Patches over an image, as they count its pixels. */
export interface Patches {
  /** Height and width of what a token stands for, in pixels. */
  readonly size: readonly [height: number, width: number]
  /** Rows and columns of tokens. */
  readonly grid: readonly [rows: number, columns: number]
}

export interface Column<Config> {
  readonly key: string
  readonly title: string
  value(config: Config): string | number
}
