import type { ModelConfig } from '../checkpoint/model-config.ts'

/** A published variant of a family. Parameters are counted at 1,000 classes and 224 px. */
export interface PublishedVariant {
  readonly name: string
  readonly parameters: number
}

/** The published variants of a family. */
export interface PublishedFamily<Config extends ModelConfig = ModelConfig> {
  /** The `family` of its configs. */
  readonly name: Config['family']
  readonly variants: readonly PublishedVariant[]
  /** What a variant's name alone says: its sizes. */
  structure(name: string): Partial<Config>
  /** The whole config of a variant: 224 px and 1,000 classes unless overridden. */
  variantConfig(name: string, overrides?: Partial<Config>): Config
}
