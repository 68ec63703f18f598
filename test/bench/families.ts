import type { AnyConfig } from '../../src/families/architectures.ts'
import { variantConfigOf } from '../../src/families/published.ts'

/** Models of the families besides the ViT, small enough for a test, whose convolutions meet odd and even grids. */
export const families: Readonly<Record<string, AnyConfig>> = {
  hybrid: variantConfigOf('R50+ViT-B_16', {
    ...{ imageSize: [50, 39], units: [1, 2], stemWidth: 8, groups: 4 },
    ...{ width: 24, mlpWidth: 40, heads: 2, depth: 1, classes: 7, gelu: 'erf' },
  }),
  mixer: variantConfigOf('Mixer-B_16', {
    ...{ imageSize: [48, 32], width: 24, mlpWidth: 40, tokenMlpWidth: 10 },
    ...{ depth: 2, classes: 7, gelu: 'erf' },
  }),
}
