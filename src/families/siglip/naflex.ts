import { UnsupportedError } from '../../errors.ts'

/** What is said of SigLIP 2 NaFlex, whose images keep their aspect ratio. */
export const naflexError = (name: string): UnsupportedError =>
  new UnsupportedError(
    `${name} is of a SigLIP 2 NaFlex (Siglip2Model, Siglip2ImageProcessor), which has another grid of patches for each image; it is not run. A SigLIP 2 of a fixed size is, such as google/siglip2-base-patch16-224.`,
  )
