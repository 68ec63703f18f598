import type { Relatives } from '../../checkpoint/plan/publisher.ts'
import { hybridSign, relatives as vit } from '../vit/relatives.ts'

/** Near relatives of the hybrids: those of the ViT, but not the hybrids themselves. */
export const relatives: Relatives = {
  ...vit,
  inside: vit.inside.filter(([sign]) => sign !== hybridSign),
}
