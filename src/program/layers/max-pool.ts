import { checkShape } from '../ops/check-shape.ts'
import type { MaxPool } from '../ops/max-pool.ts'
import type { Writer } from '../ops/operation.ts'
import { positionsIn, type Window } from '../ops/window.ts'
import type { ValueId } from '../values.ts'

/**
 * `[output positions, columns]`
 * @throws ArgumentError where the window's grid is not the input's
 */
export function maxPool(
  net: Writer<MaxPool>,
  name: string,
  input: ValueId,
  window: Window,
): ValueId {
  const [positions, columns] = net.shape(input)
  checkShape(name, [positions, columns], [positionsIn(window.grid), columns])
  const output = net.value(name, [positionsIn(window.outputs), columns])
  net.push({ op: 'max_pool', input, output, window })
  return output
}
