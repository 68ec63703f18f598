import { ArgumentError } from './errors.ts'
import { nearestNames } from './nearest.ts'

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
 * Checks options by their table and reads them, each value once. `undefined` counts as absent.
 * @param of whose options they are, such as `load`
 * @returns a copy with the options that are there
 * @throws ArgumentError naming the first option that does not exist, with the nearest name, or has a
 *   wrong value; what the options' own getters throw
 */
export function readOptions<T extends object>(of: string, fields: Fields<T>, given: unknown): T {
  if (given === undefined) return {} as T
  return readFields(fields, given, { all: `The options of ${of}`, takes: of, prefix: '' }) as T
}

/** The same for a value that has fields, such as a config; they are named `config.gelu`. */
export function readRecord<T extends object>(
  name: string,
  fields: Fields<T>,
  given: unknown,
): Partial<T> {
  return readFields(fields, given, { all: name, takes: name, prefix: `${name}.` }) as Partial<T>
}

interface Names {
  readonly all: string
  readonly takes: string
  readonly prefix: string
}

function readFields(fields: Fields<object>, given: unknown, names: Names): object {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ArgumentError(`${names.all} must be an object, not ${show(given)}.`)
  }
  const known = Object.keys(fields)
  for (const name in given) {
    if (!Object.hasOwn(fields, name)) throw unknownName(name, known, names)
  }
  const read: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields as Readonly<Record<string, Field>>)) {
    const value = (given as Record<string, unknown>)[name]
    if (value === undefined) continue
    checkField(names.prefix + name, field, value)
    read[name] = field.fields ? readRecord(names.prefix + name, field.fields, value) : value
  }
  return read
}

/** @throws ArgumentError where a value is not what its field must be */
export function checkField(name: string, field: Field, value: unknown): void {
  if (field.valid(value)) return
  const [near] = typeof value === 'string' && field.names ? nearestNames(value, field.names) : []
  const hint = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
  throw new ArgumentError(
    `${name} must be ${field.wanted}, not ${show(value)}${hint === '' ? '.' : hint}`,
  )
}

function unknownName(name: string, known: readonly string[], { prefix, takes }: Names) {
  const [near] = nearestNames(name, known, 1)
  const rest =
    near === undefined
      ? `; those of ${takes} are ${known.join(', ')}.`
      : `; did you mean ${prefix}${near}?`
  return new ArgumentError(`There is no option ${prefix}${shorten(name)}${rest}`)
}

/** Any value whatever, for messages: short, and without a look into what may be large. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(shorten(value))
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'object':
      return value === null ? 'null' : showObject(value)
    default:
      return String(value)
  }
}

function showObject(value: object): string {
  try {
    return describeObject(value)
  } catch {
    // A proxy, or getters of the caller's own.
    return 'an object'
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) {
    if (value.length > 4) return `an array of ${value.length}`
    return `[${Array.from(value, (one) => (typeof one === 'object' ? '…' : show(one))).join(', ')}]`
  }
  const type = typeof value.constructor === 'function' ? value.constructor.name : ''
  return type === '' || type === 'Object' ? 'an object' : `an object of type ${shorten(type)}`
}

const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text)

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
