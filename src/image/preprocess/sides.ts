import { ArgumentError } from '../../errors.ts'
import type { Field } from '../../fields.ts'
import { show } from '../../show.ts'

/** More than any model takes; a typo must not allocate gigabytes. */
export const MAX_SIDE = 8192

/** Whether a value is a valid side of a model's input. */
export const isSide = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_SIDE

export const side: Field = { wanted: `a whole number from 1 to ${MAX_SIDE}`, valid: isSide }

/** Throws `ArgumentError` for an invalid side. */
export function checkSide(value: number, what: string): void {
  if (isSide(value)) return
  throw new ArgumentError(`${what} must be ${side.wanted}, not ${show(value)}.`)
}
