import { UnsupportedError } from '../../../errors.ts'
import { inputsOf } from '../../../program/ops/operations.ts'
import type { Program } from '../../../program/program.ts'
import type { ValueId } from '../../../program/values.ts'
import { type Storage, vectors } from '../kernels/kernel.ts'
import { lowerOf } from './ops/ops.ts'

/** How a value lies in its buffer. */
export interface Layout {
  readonly storage: Storage
  /** Elements from one row to the next. */
  readonly stride: number
  /** Bytes of one image. */
  readonly bytes: number
}

/**
 * How each value is stored. Rows are padded to whole vectors, but for images that are cut into patches.
 * With f16, what only products read is stored so; the residual stream, what norms and means read, softmax
 * weights, inputs and outputs stay in f32, where nothing overflows.
 */
export function valueLayouts(program: Program, kernels: Storage): Layout[] {
  const ends = [...Object.values(program.inputs), ...Object.values(program.outputs)]
  const full = new Set<ValueId>(ends)
  for (const op of program.ops.toReversed()) {
    for (const id of lowerOf(op).full(op, (id) => full.has(id))) full.add(id)
  }
  const dense = denseValues(program)
  return program.values.map(({ shape: [rows, columns] }, id) => {
    const storage = kernels === 'f16' && !full.has(id) ? 'f16' : 'f32'
    const stride = dense.has(id) ? columns : 4 * vectors(columns)
    return { storage, stride, bytes: rows * stride * (storage === 'f16' ? 2 : 4) }
  })
}

function denseValues(program: Program): Set<ValueId> {
  const dense = new Set<ValueId>()
  const padded = new Set<ValueId>()
  for (const op of program.ops) {
    const readers = lowerOf(op).readsDense ? dense : padded
    for (const id of inputsOf(op)) readers.add(id)
  }
  const inputs = new Set(Object.values(program.inputs))
  for (const id of dense) {
    if (inputs.has(id) && !padded.has(id)) continue
    const { name } = program.values[id]!
    throw new UnsupportedError(
      `On a GPU only inputs are cut into patches, and no other operation reads them; ${name} is no such input.`,
    )
  }
  return dense
}
