import type { Publisher } from '../../../checkpoint/plan/publisher.ts'
import type { MixerConfig } from '../config.ts'

/**
 * A publisher of Mixers. Slots have the names of the weights that they fill. Sizes in its table: D width, S patches, T
 * MLP width of tokens, M MLP width of channels, K classes, C channels of the image, h and w sides of a patch.
 */
export interface MixerPublisher
  extends Publisher<string, Pick<MixerConfig, 'gelu' | 'eps' | 'padding'>> {
  /** The part of an image's shorter side that its models were evaluated on; as its recipe has it unless given. */
  readonly cropFraction?: number
}
