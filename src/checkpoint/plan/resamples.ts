/**
 * How a position embedding is brought to another grid:
 * - `official`: `interpolate_posembed` of google-research/vision_transformer, which is
 *   `scipy.ndimage.zoom(order=1)`: bilinear, corners aligned. SciPy leaves zeros in the last row and
 *   column of some pairs of grids (24 to 22, 28 to 14, …), an accident of rounding; not so here.
 * - `timm`: bicubic with antialias (`resample_abs_pos_embed`), what timm does to its own weights
 * - `timm-npz`: bilinear without antialias, what timm does to official `.npz` files
 * - `huggingface`: bicubic without antialias (`interpolate_pos_encoding`)
 * - `naflex`: bilinear with antialias, as SigLIP 2 NaFlex has it for the grid of each image
 * - `torchvision`: bicubic without antialias, corners aligned (`interpolate_embeddings`)
 */
export const resamples = [
  'official',
  'timm',
  'timm-npz',
  'huggingface',
  'naflex',
  'torchvision',
] as const

/** A rule that resizes position embeddings: that of a publisher. */
export type Resample = (typeof resamples)[number]
