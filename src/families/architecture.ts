import type { ModelConfig } from '../checkpoint/model-config.ts'
import type { Fields } from '../fields.ts'
import type { Program } from '../program/program.ts'

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
   * @param config the fields of which are valid
   * @throws ArgumentError where the config contradicts itself
   */
  program(config: Config): Program
  /** One block by itself, for benchmarks; its output is `tokens`. */
  blockProgram(config: Config): Program
}
