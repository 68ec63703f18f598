import type { MatchTokens } from '../../../../program/ops/match-tokens.ts'
import { spread, vectors } from '../../kernels/kernel.ts'
import { keyDirections, matchTokens as matchKernel, placeTokens } from '../../kernels/merging.ts'
import type { LowerOp } from './lower-op.ts'

/** Three dispatches: directions of keys, the best match of each token, and the row of each token. */
export const matchTokens: LowerOp<MatchTokens> = {
  full: ({ output, sizes, sizesAfter }) =>
    [output, sizes, sizesAfter].filter((id) => id !== undefined),
  lower({ keyValue, sizes, output, heads, merged, kept, ...op }, lowering) {
    const [tokens, columns] = lowering.shape(keyValue)
    const headWidth = columns / 2 / heads
    const evens = Math.ceil(tokens / 2) - Math.ceil(kept / 2)
    const directions = lowering.scratch(tokens, headWidth)
    const matches = lowering.scratch(evens, 3)
    const sizesAfter = op.sizesAfter ?? lowering.scratch(tokens - merged, 1)
    const directionsKernel = keyDirections(lowering.storage(keyValue), lowering.options.subgroups)
    const stride = lowering.stride(directions)
    return [
      {
        operands: [lowering.value(keyValue), lowering.value(directions)],
        makes: [directions],
        for: (images) => ({
          kernel: directionsKernel,
          params: [images * tokens, lowering.stride(keyValue), heads, headWidth, stride],
          workgroups: spread(images * tokens),
        }),
      },
      {
        operands: [lowering.value(directions), lowering.value(matches)],
        makes: [matches],
        for: (images) => ({
          kernel: matchKernel(),
          params: [tokens, kept, evens, vectors(headWidth)],
          workgroups: [evens, images],
        }),
      },
      {
        operands: [
          lowering.value(matches),
          ...lowering.optionalValue(sizes),
          lowering.value(output),
          lowering.value(sizesAfter),
        ],
        makes: [output, sizesAfter],
        for: (images) => ({
          kernel: placeTokens(sizes !== undefined),
          params: [images, tokens, kept, evens, merged],
          workgroups: spread(images),
        }),
      },
    ]
  },
}
