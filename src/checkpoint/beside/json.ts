import { FormatError, UnsupportedError } from '../../errors.ts'
import type { Neighbours } from '../source/neighbours.ts'
import { readSmall } from '../source/source.ts'

/** What JSON may hold; every field is checked before it is used. */
export type Json = Readonly<Record<string, unknown>>

/** A file beside the weights: its name for messages, and the object in it. */
export interface JsonFile {
  readonly name: string
  readonly json: Json
}

/** The label names of 21,843 classes are 1 MB. */
const maxBytes = 16 << 20

/**
 * A file beside the weights that is wrong. It is a FormatError to callers; a loader that is about to
 * throw a download away because of one must know that the weights are not to blame.
 */
export class NeighbourError extends FormatError {
  /** Its name, as its source has it. */
  readonly file: string

  /** @param problem follows the file's name */
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file} ${problem}`, options)
    this.name = FormatError.name
    this.file = file
  }
}

/**
 * Reads a JSON object that lies beside the weights.
 * @returns undefined where there is no such file
 * @throws FormatError naming the file where it is no JSON object, LimitError where it is too long,
 *   SourceError where it can't be read
 */
export async function readJson(
  neighbours: Neighbours,
  file: string,
  signal?: AbortSignal,
): Promise<JsonFile | undefined> {
  const source = await neighbours.open(file, signal)
  if (!source) return undefined
  try {
    const { name } = source
    return { name, json: parseObject(await readSmall(source, maxBytes, signal), name) }
  } finally {
    await source.close()
  }
}

/** @throws FormatError naming the file */
export function parseObject(bytes: Uint8Array, name: string): Json {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new NeighbourError(
      name,
      `is not JSON (${(cause as Error).message}); mend it, or load without it (neighbours: false, --no-neighbours).`,
      { cause },
    )
  }
  if (isObject(json)) return json
  throw new NeighbourError(name, 'must hold a JSON object, and holds something else.')
}

/**
 * A field, where it is there.
 * @param wanted what it must be, for the message
 * @throws FormatError naming file and field where it is something else
 */
export function field<T>(
  { name, json }: JsonFile,
  key: string,
  valid: (value: unknown) => value is T,
  wanted: string,
): T | undefined {
  const value = json[key]
  if (value === undefined || value === null) return undefined
  if (valid(value)) return value
  throw new NeighbourError(name, `must have ${wanted} as ${key}, not ${excerpt(value)}.`)
}

const aRecipe = 'preprocess, the name of a recipe or a whole one,'

/**
 * Refuses a setting that is not done here.
 * @param option what the caller can pass to go without it
 */
export function refuse({ name, json }: JsonFile, key: string, option = aRecipe): never {
  throw new UnsupportedError(
    `${name} says ${key} ${excerpt(json[key])}, which is not done here; pass ${option} to say what to do instead.`,
  )
}

/** A value in a message. */
export function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

export const wholeField = (file: JsonFile, key: string) =>
  field(file, key, isWhole, 'a whole number from 1')

/** A number for both sides, or height and width. */
export function sizeField(
  file: JsonFile,
  key: string,
): [height: number, width: number] | undefined {
  const size = field(file, key, isSize, 'a whole number from 1, or two')
  return typeof size === 'number' ? [size, size] : size && [size[0], size[1]]
}

/** One number for all channels, or one for each of three. */
export function channelsField(
  file: JsonFile,
  key: string,
): readonly [number, number, number] | undefined {
  const value = field(file, key, isChannels, 'one number or three')
  if (value === undefined) return undefined
  if (typeof value === 'number') return [value, value, value]
  return value.length === 1
    ? [value[0]!, value[0]!, value[0]!]
    : (value as [number, number, number])
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const isText = (value: unknown): value is string => typeof value === 'string'
export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
export const isWhole = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) > 0
export const isNumber = (value: unknown): value is number => Number.isFinite(value)
export const isPositive = (value: unknown): value is number => isNumber(value) && value > 0
export const isFromZero = (value: unknown): value is number => isNumber(value) && value >= 0
const isSize = (value: unknown): value is number | readonly [number, number] =>
  isWhole(value) || (Array.isArray(value) && value.length === 2 && value.every(isWhole))
const isChannels = (value: unknown): value is number | readonly number[] =>
  isNumber(value) ||
  (Array.isArray(value) && (value.length === 1 || value.length === 3) && value.every(isNumber))
