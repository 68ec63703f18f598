import type { Op, ValueId, WeightId } from './program.ts'

/** The values that an op reads. */
export function inputsOf(op: Op): ValueId[] {
  switch (op.op) {
    case 'attention':
      return [op.query, op.keyValue]
    case 'linear':
      return op.residual === undefined ? [op.input] : [op.input, op.residual]
    default:
      return [op.input]
  }
}

/** The values that an op makes. */
export function outputsOf(op: Op): ValueId[] {
  return op.op === 'attention' && op.weights !== undefined ? [op.output, op.weights] : [op.output]
}

/** The weights that an op uses. */
export function weightsOf(op: Op): WeightId[] {
  switch (op.op) {
    case 'patch_embed':
    case 'linear':
      return op.bias === undefined ? [op.kernel] : [op.kernel, op.bias]
    case 'tokens':
      return op.prefix === undefined ? [op.position] : [op.prefix, op.position]
    case 'layer_norm':
      return [op.scale, op.bias]
    case 'attention':
    case 'rows':
    case 'mean_rows':
      return []
  }
}
