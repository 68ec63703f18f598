import type { Publisher, TensorRow } from '../../../checkpoint/plan/publisher.ts'
import type { EncoderConfig } from '../config.ts'
import type { Slot } from '../slots.ts'

export type VitRow = TensorRow<Slot>

/** A publisher of transformers over patches; its code decides the form of GELU and the epsilon. */
export interface EncoderPublisher<
  Slots extends string = string,
  Config extends Pick<EncoderConfig, 'gelu' | 'eps'> = Pick<EncoderConfig, 'gelu' | 'eps'>,
> extends Publisher<Slots, Config> {
  /** Its models may take images that are not square. */
  readonly oblong: boolean
}

/** A publisher of ViTs. */
export type VitPublisher = EncoderPublisher<Slot>
