import type { Backend, Executable } from '../backends/backend.ts'
import { NumericError } from '../errors.ts'
import { firstNonFinite } from '../finite.ts'
import type { ViTConfig } from '../models/config.ts'

type Outputs = Record<string, Float32Array>

/** The name of the first output that has values which are infinite or NaN. */
export function nonFiniteOutput(outputs: Outputs): string | undefined {
  return Object.keys(outputs).find((name) => firstNonFinite(outputs[name]!) >= 0)
}

/**
 * Why an output is not finite. Pixels and weights were checked when they came, so a value in between
 * became too large; it is looked for by another forward.
 * @param compile makes the program ready that has these outputs
 */
export async function overflowError(
  name: string,
  config: ViTConfig,
  { dtype = 'f32' }: Backend,
  pixels: Float32Array,
  compile: (names: readonly string[]) => Executable,
): Promise<NumericError> {
  // A model that has no room for it, or is gone by now, has overflown nevertheless.
  const place = await firstOverflow(config, pixels, compile).catch(() => undefined)
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

async function firstOverflow(
  { depth }: ViTConfig,
  pixels: Float32Array,
  compile: (names: readonly string[]) => Executable,
): Promise<string | undefined> {
  const blocks = Array.from({ length: depth }, (_, i) => `blocks.${i}.fc2`)
  const names = ['tokens', ...blocks, 'features']
  const outputs = await compile(names).run({ pixels })
  const found = names.find((name) => firstNonFinite(outputs[name]!) >= 0)
  return found?.replace(/\.fc2$/, '')
}
