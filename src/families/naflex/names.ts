import type { TensorRow } from '../../checkpoint/plan/publisher.ts'
import type { DualPublisher } from '../dual/family.ts'
import { huggingface as siglip } from '../siglip/names.ts'

/** `Siglip2Model` of transformers: the names of a SigLIP, and the kernel of patches as a matrix. */
export const huggingface: DualPublisher = {
  ...siglip,
  tensors: siglip.tensors.map(
    (row): TensorRow => (row[1] === 'patch.kernel' ? [row[0], 'flat_patch.kernel', 'D I'] : row),
  ),
  recipe: 'naflex',
  resample: 'naflex',
}
