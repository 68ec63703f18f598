/** What the value of a field must be, in words and as a test. */
export interface Field {
  /** Goes on after `must be`. */
  readonly wanted: string
  valid(value: unknown): boolean
  /** The values that are names, for the nearest one to be suggested. */
  readonly names?: readonly string[]
  /** The fields of a value that is a set of options itself. */
  readonly fields?: Fields<object>
}

/** A field for every name of a type of options: a table that forgets one does not compile. */
export type Fields<T> = { readonly [Key in keyof Required<T>]: Field }

/**
 * Reads options that are right, each value once. `undefined` counts as absent.
 * @returns a copy with the options that are there; undefined if one does not exist or has a wrong value, of which
 *   `readOptions` in check-fields.ts says what is wrong
 * @throws what the options' own getters throw
 */
export function validOptions<T extends object>(fields: Fields<T>, given: unknown): T | undefined {
  if (given === undefined) return {} as T
  if (!isRecord(given)) return undefined
  for (const name in given) if (!Object.hasOwn(fields, name)) return undefined
  const read: Record<string, unknown> = {}
  for (const [name, field] of Object.entries<Field>(fields)) {
    const value = (given as Record<string, unknown>)[name]
    if (value === undefined) continue
    const valid = field.valid(value)
    const inner = valid && field.fields ? validOptions(field.fields, value) : value
    if (!valid || inner === undefined) return undefined
    read[name] = inner
  }
  return read as T
}

/** A copy of an object literal; everything else as it is. */
export function copyPlain<T>(value: T, copyInner: <U>(value: U) => U = (inner) => inner): T {
  const prototype = typeof value === 'object' && value !== null && Object.getPrototypeOf(value)
  if (prototype !== Object.prototype) return value
  const entries = Object.entries(value as object).map(([key, inner]) => [key, copyInner(inner)])
  return Object.fromEntries(entries) as T
}

const isNumber = (value: unknown): value is number => typeof value === 'number'

/** A whole number from `least` to `most`. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Field {
  const to = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`
  return {
    wanted: `a whole number from ${least}${to}`,
    valid: (value) =>
      Number.isSafeInteger(value) && least <= Number(value) && Number(value) <= most,
  }
}

/** A number from `least` on; infinity stands for no limit. */
export const atLeast = (least: number): Field => ({
  wanted: `a number from ${least}`,
  valid: (value) => isNumber(value) && value >= least,
})

/** So many milliseconds at least; timers take no more than 2^31 - 1. */
export const milliseconds = (least: number, most = 2 ** 31 - 1): Field => ({
  wanted: `a number of milliseconds from ${least} to ${most}`,
  valid: (value) => isNumber(value) && value >= least && value <= most,
})

export const flag: Field = {
  wanted: 'true or false',
  valid: (value) => typeof value === 'boolean',
}

export const text: Field = {
  wanted: 'a text',
  valid: (value) => typeof value === 'string',
}

export const callback: Field = {
  wanted: 'a function',
  valid: (value) => typeof value === 'function',
}

export const oneOf = (...names: readonly string[]): Field => ({
  wanted: `one of ${names.join(', ')}`,
  valid: (value) => names.includes(value as string),
  names,
})

/** Whether an array has values everywhere, all of which are right. */
export function isArrayOf(value: unknown, valid: (one: unknown) => boolean): value is unknown[] {
  if (!Array.isArray(value)) return false
  for (let i = 0; i < value.length; i++) if (!valid(value[i])) return false
  return true
}

/** Options within options; `wanted` is an object, and what is in it is checked by its own table. */
export function record<T extends object>(fields: Fields<T>): Field {
  return {
    wanted: 'an object',
    valid: (value) => isRecord(value),
    fields: fields as Fields<object>,
  }
}

const isRecord = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Also one of another window or realm, which `instanceof` does not know. */
export const signalField: Field = {
  wanted: 'an AbortSignal',
  valid: (value) =>
    Object.prototype.toString.call(value) === '[object AbortSignal]' &&
    typeof (value as AbortSignal).throwIfAborted === 'function',
}
