import { ArgumentError } from '../errors.ts'
import { type Field, type Fields, validOptions, whole } from '../fields.ts'
import { uniform, weightDraws } from '../image/augment/draws.ts'
import type { Adapter, LoRA } from '../program/training/lora.ts'
import { show } from '../show.ts'

/** The rank, or the rank and alpha, which is the rank by default. */
export type LoRAOptions = number | { readonly rank: number; readonly alpha?: number | undefined }

const above0: Field = {
  wanted: 'a number above 0',
  valid: (value) => Number.isFinite(value) && Number(value) > 0,
}

const fields: Fields<Exclude<LoRAOptions, number>> = { rank: whole(1), alpha: above0 }

export const loraField: Field = {
  wanted: 'a rank, a whole number from 1, or { rank, alpha } with alpha above 0',
  valid: (value) => whole(1).valid(value) || validOptions(fields, value)?.rank !== undefined,
}

/** With alpha equal to the rank the product of A and B is added as it is; PEFT's defaults, 8 and 8, do so too. */
export function loraOf(options: LoRAOptions): LoRA {
  if (typeof options === 'number') return { rank: options, alpha: options }
  const { rank, alpha = rank } = options
  return { rank, alpha }
}

/** @throws ArgumentError where LoRA and another choice of what is trained are asked for */
export function checkApart(lora: LoRAOptions | undefined, freeze: unknown): void {
  if (lora === undefined || freeze === undefined) return
  throw new ArgumentError(
    `LoRA trains its adapters and the head, and all other weights stay: leave out freeze, which is ${show(freeze)}, or lora.`,
  )
}

/**
 * The weights of adapters at first, as of PEFT: A uniform from `-1 / sqrt(width)` to `1 / sqrt(width)`, which is
 * Kaiming's for `a = sqrt(5)`, and B 0, so that the model computes what it did.
 */
export function initialAdapters(
  adapters: readonly Adapter[],
  seed: number,
): Map<string, Float32Array> {
  return new Map(
    adapters.flatMap(({ rank, alpha, a, b, scale, parts, shape: [width, columns] }, i) => {
      const inner = rank * parts
      const next32 = weightDraws(seed, i)
      const bound = 1 / Math.sqrt(width)
      const diagonal = new Float32Array(inner * inner)
      for (let k = 0; k < inner; k++) diagonal[k * inner + k] = alpha / rank
      return [
        [a, Float32Array.from({ length: width * inner }, () => (2 * uniform(next32) - 1) * bound)],
        [b, new Float32Array(inner * columns)],
        [scale, diagonal],
      ] as const
    }),
  )
}

/** Sets to 0 what lies outside of the blocks of B, or of its gradient: it belongs to no adapter. */
export function keepBlocks(
  values: Float32Array | Float64Array,
  { parts, shape: [, columns] }: Adapter,
): void {
  const [across, down] = [columns / parts, values.length / columns / parts]
  for (let row = 0; row < down * parts; row++) {
    const start = Math.floor(row / down) * across
    const line = values.subarray(row * columns, (row + 1) * columns)
    line.fill(0, 0, start)
    line.fill(0, start + across)
  }
}

/** `kernel + alpha / rank * A B`: what the kernel and its adapters are together. Sums are in float64. */
export function merged<Values extends Float32Array | Float64Array>(
  kernel: Values,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { rank, alpha, parts, shape: [, columns] }: Adapter,
): Values {
  const inner = rank * parts
  return kernel.map((value, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns]
    let sum = 0
    for (let k = 0; k < inner; k++) sum += a[row * inner + k]! * b[k * columns + column]!
    return value + (alpha / rank) * sum
  }) as Values
}
