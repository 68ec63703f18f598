import { inputsOf } from '../../../program/ops/operations.ts'
import type { Program } from '../../../program/program.ts'
import type { ValueId } from '../../../program/values.ts'
import { type Storage, vectors } from '../kernels/kernel.ts'
import type { Layout } from './layout.ts'
import { lowerOf } from './ops/ops.ts'

/**
 * Chooses how each value is stored. Rows are padded to whole vectors, except those of inputs that only convolutions
 * or embeddings read, which read single elements. With f16, values that only products read are f16. The residual
 * stream, the inputs of norms and means, softmax weights, and the program's inputs and outputs stay f32, to avoid
 * overflow.
 */
export function valueLayouts(program: Program, kernels: Storage): Layout[] {
  const ends = [...Object.values(program.inputs), ...Object.values(program.outputs)]
  const full = new Set<ValueId>(ends)
  // Until nothing changes, since what one operation wants of a value can matter to those behind it.
  for (let known = -1; known !== full.size; ) {
    known = full.size
    for (const op of program.ops.toReversed()) {
      for (const id of lowerOf(op).full(op, (id) => full.has(id))) full.add(id)
    }
  }
  const dense = denseValues(program)
  return program.values.map(({ shape: [rows, columns] }, id) => {
    const storage = kernels === 'f16' && !full.has(id) ? 'f16' : 'f32'
    const stride = dense.has(id) ? columns : 4 * vectors(columns)
    return { storage, stride, bytes: rows * stride * (storage === 'f16' ? 2 : 4) }
  })
}

/** Inputs whose rows have no padding, so that they are written to the GPU as they are. */
function denseValues(program: Program): Set<ValueId> {
  const dense = new Set(Object.values(program.inputs))
  for (const op of program.ops) {
    if (lowerOf(op).readsDense) continue
    for (const id of inputsOf(op)) dense.delete(id)
  }
  return dense
}
