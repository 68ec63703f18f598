import { ArgumentError } from '../../errors.ts'
import type { Shape } from '../values.ts'

/** @throws ArgumentError where two shapes are not the same */
export function checkShape(name: string, found: Shape, expected: Shape): void {
  if (found[0] === expected[0] && found[1] === expected[1]) return
  throw new ArgumentError(
    `${name}: expected a shape of [${expected.join(', ')}], found [${found.join(', ')}].`,
  )
}
