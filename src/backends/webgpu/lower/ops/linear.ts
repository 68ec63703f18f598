import type { Linear } from '../../../../program/ops/linear.ts'
import type { Op } from '../../../../program/ops/operations.ts'
import type { GemmOptions } from '../../kernels/gemm.ts'
import { GEMV_COLUMNS, gemv } from '../../kernels/gemv.ts'
import { vectors } from '../../kernels/kernel.ts'
import type { Lowering } from '../lowering.ts'
import type { Step } from '../step.ts'
import type { LowerOp } from './lower-op.ts'

/** Products with at most this many rows use `gemv`. */
const FEW_ROWS = 4

export const linear: LowerOp<Linear> = {
  full: ({ residual }) => (residual === undefined ? [] : [residual]),
  lower(op, lowering) {
    const second = lowering.fuse((next: Op): next is Linear => isPair(op, next, lowering))
    return [second ? pair(op, second, lowering) : single(op, lowering)]
  },
}

function single(op: Linear, lowering: Lowering): Omit<Step, 'label'> {
  const [count] = lowering.shape(op.output)
  const [inner, columns] = lowering.weightShape(op.kernel)
  const options = gemmOptions(op, false, lowering)
  return {
    operands: [
      lowering.value(op.input),
      lowering.weight(op.kernel),
      ...lowering.optional(op.bias),
      ...(op.residual === undefined ? [] : [lowering.value(op.residual)]),
      lowering.value(op.output),
    ],
    makes: [op.output],
    for(images) {
      const rows = images * count
      if (rows > FEW_ROWS) return lowering.product(options, rows, inner, [columns])
      return {
        kernel: gemv(options),
        params: [rows, vectors(inner), vectors(columns)],
        workgroups: [Math.ceil(columns / GEMV_COLUMNS), rows],
      }
    },
  }
}

function pair(op: Linear, second: Linear, lowering: Lowering): Omit<Step, 'label'> {
  const [count] = lowering.shape(op.output)
  const [inner, columns] = lowering.weightShape(op.kernel)
  const [, columns2] = lowering.weightShape(second.kernel)
  const options = gemmOptions(op, true, lowering)
  return {
    operands: [
      lowering.value(op.input),
      lowering.weight(op.kernel),
      ...lowering.optional(op.bias),
      lowering.value(op.output),
      lowering.weight(second.kernel),
      ...lowering.optional(second.bias),
      lowering.value(second.output),
    ],
    makes: [op.output, second.output],
    for: (images) => lowering.product(options, images * count, inner, [columns, columns2]),
  }
}

function gemmOptions(op: Linear, pair: boolean, lowering: Lowering): Omit<GemmOptions, 'tile'> {
  return {
    a: lowering.storage(op.input),
    b: lowering.options.kernels,
    out: lowering.storage(op.output),
    source: 'matrix',
    pair,
    bias: op.bias !== undefined,
    activation: op.activation,
    tokens: 'none',
    residual: op.residual !== undefined,
  }
}

/** Whether one dispatch can compute both: they read the same rows, and neither reads the other. */
function isPair(op: Linear, next: Op, lowering: Lowering): next is Linear {
  const simple = (one: Linear) => one.residual === undefined && one.activation === 'none'
  return (
    next.op === 'linear' &&
    next.input === op.input &&
    lowering.shape(op.output)[0] > FEW_ROWS &&
    simple(op) &&
    simple(next) &&
    (op.bias === undefined) === (next.bias === undefined) &&
    lowering.storage(op.output) === lowering.storage(next.output)
  )
}
