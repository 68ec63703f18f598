import type { Backend, Outputs } from '../backends/backend.ts'
import { NumericError } from '../errors.ts'
import { firstNonFinite } from '../finite.ts'

/** A value of the program, and what its place in the model is called. */
export type Stage = readonly [value: string, place: string]

/** Computes values of a program by their names. */
type Again = (names: readonly string[]) => Promise<Outputs>

/**
 * Why an output is not finite. Pixels and weights were checked when they came, so a value in between
 * became too large; another forward looks for it.
 * @param stages values from the first to the last
 * @param again computes these values once more
 */
export async function overflowError(
  name: string,
  stages: readonly Stage[],
  { dtype = 'f32' }: Backend,
  again: Again,
): Promise<NumericError> {
  // A model that has no room for it, or is gone by now, has overflown nevertheless.
  const place = await firstOverflow(stages, again).catch(() => undefined)
  const where = place === undefined ? '' : `, first in ${place}`
  const number = dtype === 'f16' ? 'f16, which ends at 65,504' : 'f32'
  const advice =
    dtype === 'f16'
      ? "load the model with dtype: 'f32'"
      : 'trained weights do not do that: check where the file comes from, and the config'
  return new NumericError(
    `The values of ${name} are not finite, though pixels and weights are: a value became too large for ${number}${where}; ${advice}.`,
  )
}

async function firstOverflow(stages: readonly Stage[], again: Again): Promise<string | undefined> {
  const outputs = await again(stages.map(([value]) => value))
  return stages.find(([value]) => firstNonFinite(outputs[value]!) >= 0)?.[1]
}
