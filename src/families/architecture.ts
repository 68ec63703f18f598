import type { ModelConfig } from '../checkpoint/model-config.ts'
import type { Fields } from '../fields.ts'
import type { Program } from '../program/program.ts'

/** A published variant of a family. Parameters are counted at 1,000 classes and 224 px. */
export interface PublishedVariant {
  readonly name: string
  readonly parameters: number
}

/**
 * What a family of models computes, without any file: its config, and the program that a config makes.
 * A family has this part by itself, since a benchmark or a list of published models needs no more of it.
 */
export interface Architecture<Config extends ModelConfig = ModelConfig> {
  /** The `family` of its configs. */
  readonly name: Config['family']
  /** Every field of a config, and what it must be. */
  readonly fields: Fields<Config>
  /** What a config means that was written before these fields were there. */
  readonly formerly: Partial<Config>
  /**
   * The whole model for one image. Its outputs are `features`, and `logits` where it has a head.
   * @throws ArgumentError where the config contradicts itself
   */
  program(config: Config): Program
  /** One block by itself, for benchmarks; its output is `tokens`. */
  blockProgram(config: Config): Program
  readonly variants: readonly PublishedVariant[]
  /** What a variant's name alone says: its sizes. */
  structure(name: string): Partial<Config>
  /** The whole config of a variant: 224 px and 1,000 classes unless overridden. */
  variantConfig(name: string, overrides?: Partial<Config>): Config
}
