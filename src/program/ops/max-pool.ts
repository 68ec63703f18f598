import type { ValueId } from '../values.ts'
import { checkShape } from './check-shape.ts'
import type { Operation, Writer } from './operation.ts'
import { positionsIn, type Window } from './window.ts'

/** The largest value of each column in every window; padding is -infinity. */
export interface MaxPool {
  readonly op: 'max_pool'
  readonly input: ValueId
  readonly output: ValueId
  readonly window: Window
}

export const maxPoolOperation: Operation<MaxPool> = {
  op: 'max_pool',
  reads: ['input'],
  makes: ['output'],
  weights: {},
}

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
