import type { Publisher, TensorRow } from '../../../checkpoint/plan/publisher.ts'
import type { ViTConfig } from '../config.ts'
import type { Slot } from '../slots.ts'

export type VitRow = TensorRow<Slot>

/** A publisher of ViTs; its code decides the form of GELU and the epsilon. */
export interface VitPublisher extends Publisher<Slot, Pick<ViTConfig, 'gelu' | 'eps'>> {
  /** Its models may take images that are not square. */
  readonly oblong: boolean
}
