import type { Weight } from '../../../program/values.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'

/** A weight in f32, row-major, of kernels whose panels have `panel` columns. */
export function readWeight(
  linear: LinearMemory,
  address: number,
  { shape: [rows, columns], role }: Weight,
  panel: number,
): Float32Array {
  if (role !== 'kernel') return linear.floats(address, rows * columns).slice()
  const stored = linear.floats(address, Math.ceil(columns / panel) * panel * rows)
  const out = new Float32Array(rows * columns)
  for (let left = 0; left < columns; left += panel) {
    const width = Math.min(panel, columns - left)
    for (let row = 0; row < rows; row++) {
      const from = left * rows + row * panel
      out.set(stored.subarray(from, from + width), row * columns + left)
    }
  }
  return out
}
