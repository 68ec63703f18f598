import type { ModelConfig } from '../checkpoint/model-config.ts'
import type { Found } from '../checkpoint/plan/found.ts'
import type { Layout, Matched } from '../checkpoint/plan/layout.ts'
import type { Grid } from '../checkpoint/plan/position.ts'
import type { Publisher } from '../checkpoint/plan/publisher.ts'
import type { Resample } from '../checkpoint/plan/resamples.ts'
import type { Recipe, RecipeName } from '../image/preprocess/recipes.ts'
import type { Stage } from '../model/overflow.ts'
import type { AnySize } from '../model/sized.ts'
import type { Tokens } from '../model/tokens.ts'
import type { Architecture } from './architecture.ts'

/** What `load` needs of a family to run a file of ours, which describes itself. */
export interface Runnable<Config extends ModelConfig = ModelConfig> extends Architecture<Config> {
  /** Whose names and layouts files of ours have. */
  readonly ownNames: Publisher
  /**
   * What a config requires of the file.
   * @param assumed receives, in words, what is assumed because nothing says it
   * @throws ArgumentError if the config can't belong to this file
   */
  layout(config: Config, found: Found, positions: Positions<Config>, assumed: string[]): Layout
  /** Values of the program from the first to the last, by which an overflow is found. */
  stages(config: Config): readonly Stage[]
  /**
   * What attention maps, pools and intermediate layers are read from. It comes by itself, since programs that classify go
   * without.
   */
  tokens(config: Config): Promise<Tokens>
  /**
   * For models whose images keep their aspect ratio.
   * @returns undefined where the recipe makes images of one size
   * @throws ArgumentError where the plan is for another size of images
   */
  anySize?(plan: AnySizePlan<Config>, recipe: RecipeName | Recipe): Promise<AnySize | undefined>
}

/** How a model of `anySize` is loaded. */
export interface AnySizePlan<Config extends ModelConfig = ModelConfig>
  extends Pick<Matched, 'pieces'> {
  readonly config: Config
  readonly resample: Resample
}

/** How position embeddings are resized, and what they were made for. */
export interface Positions<Config extends ModelConfig = ModelConfig> {
  readonly resample: Resample
  /** The grid that the caller says, where he does. */
  readonly storedGrid?: Grid | undefined
  /** The config that the file was written with, where it says so. */
  readonly stored?: Pick<Config, 'imageSize'> | undefined
}
