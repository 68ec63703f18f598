import type { Conv2d } from '../../../../program/ops/conv2d.ts'
import type { Op } from '../../../../program/ops/operations.ts'
import type { Tokens } from '../../../../program/ops/tokens.ts'
import type { GemmOptions } from '../../kernels/gemm.ts'
import type { LowerOp } from './lower-op.ts'

/** The product of windows and kernel. A following `tokens` operation is fused into the same dispatch. */
export const conv2d: LowerOp<Conv2d> = {
  full: () => [],
  readsDense: true,
  lower(op, lowering) {
    const { input, output, window } = op
    const isNext = (next: Op): next is Tokens => next.op === 'tokens' && next.input === output
    const tokens = lowering.readers(output) === 1 ? lowering.fuse(isNext) : undefined
    const [, channels] = lowering.shape(input)
    const [windows, width] = lowering.shape(output)
    const [inner] = lowering.weightShape(op.kernel)
    const prefix = tokens?.prefix
    const before = prefix === undefined ? 0 : lowering.weightShape(prefix)[0]
    const total = before + windows
    const made = tokens?.output ?? output
    const options: Omit<GemmOptions, 'tile'> = {
      a: lowering.storage(input),
      b: lowering.options.kernels,
      out: lowering.storage(made),
      source: { window, channels, pitch: lowering.stride(input), skip: before },
      ...{ pair: false, bias: op.bias !== undefined, activation: 'none', residual: false },
      tokens: tokens ? (prefix === undefined ? 'position' : 'prefix') : 'none',
    }
    const tokenParams = tokens ? [total, before] : []
    return [
      {
        operands: [
          lowering.value(input),
          lowering.weight(op.kernel),
          ...lowering.optional(op.bias),
          ...lowering.optional(prefix),
          ...lowering.optional(tokens?.position),
          lowering.value(made),
        ],
        makes: [made],
        for: (images) => lowering.product(options, images * total, inner, [width], tokenParams),
      },
    ]
  },
}
