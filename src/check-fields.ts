import { ArgumentError } from './errors.ts'
import { type Field, type Fields, validOptions } from './fields.ts'
import { nearestNames } from './nearest.ts'
import { shorten, show } from './show.ts'

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
  const valid = given === undefined ? undefined : validOptions(fields, given)
  return valid ?? refuse(fields, given, names)
}

/** @throws ArgumentError for the first option that is wrong */
function refuse(fields: Fields<object>, given: unknown, names: Names): never {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ArgumentError(`${names.all} must be an object, not ${show(given)}.`)
  }
  const known = Object.keys(fields)
  for (const name in given) {
    if (!Object.hasOwn(fields, name)) throw unknownName(name, known, names)
  }
  for (const [name, field] of Object.entries(fields as Readonly<Record<string, Field>>)) {
    const value = (given as Record<string, unknown>)[name]
    if (value === undefined) continue
    checkField(names.prefix + name, field, value)
    if (field.fields) readRecord(names.prefix + name, field.fields, value)
  }
  throw new ArgumentError(`${names.all} changed while they were read.`)
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
