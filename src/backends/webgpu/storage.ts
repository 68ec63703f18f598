import type { Op } from '../../program/ops/operations.ts'
import type { Program } from '../../program/program.ts'
import type { ValueId } from '../../program/values.ts'
import type { Storage } from './kernels/kernel.ts'

/**
 * How each value is stored. With f16, what only products read is stored so; the residual stream, what
 * norms and means read, softmax weights and outputs stay in f32, where nothing overflows.
 */
export function valueStorages(program: Program, kernels: Storage): Storage[] {
  const full = new Set<ValueId>([program.input, ...Object.values(program.outputs)])
  if (kernels === 'f16') {
    for (const op of program.ops.toReversed()) {
      for (const id of readInFull(op)) full.add(id)
      if (op.op === 'rows' && full.has(op.output)) full.add(op.input)
      if (op.op === 'patch_embed' || op.op === 'tokens') full.add(op.output)
      if (op.op === 'attention' && op.weights !== undefined) full.add(op.weights)
    }
  }
  return program.values.map((_, id) => (kernels === 'f16' && !full.has(id) ? 'f16' : 'f32'))
}

function readInFull(op: Op): ValueId[] {
  switch (op.op) {
    case 'linear':
      return op.residual === undefined ? [] : [op.residual]
    case 'layer_norm':
    case 'mean_rows':
    case 'tokens':
    case 'patch_embed':
      return [op.input]
    case 'rows':
    case 'attention':
      return []
  }
}
