import { InvalidArgumentError } from 'commander'
import { type AnyConfig, configFields } from '../../families/architectures.ts'
import type { Field } from '../../fields.ts'
import type { Merge } from '../../model/token-merging.ts'

/** A type of value: how it is described and parsed. */
interface Kind<T> {
  /** For messages: what is expected. */
  readonly expected: string
  /** The value, or undefined for text that is none. */
  read(text: string): T | undefined
}

const count: Kind<number> = {
  expected: 'a whole number',
  read: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
}

const number: Kind<number> = {
  expected: 'a number such as 1e-6',
  read: (text) => (/^\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined),
}

const flag: Kind<boolean> = {
  expected: 'true or false',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
}

const size: Kind<readonly [height: number, width: number]> = {
  expected: 'pixels, as 224 or as HEIGHTxWIDTH',
  read(text) {
    const match = /^(\d{1,6})(?:x(\d{1,6}))?$/.exec(text)
    return match ? [Number(match[1]), Number(match[2] ?? match[1])] : undefined
  },
}

/** What text may mean in a config, in the order in which it is tried. */
const kinds: readonly Kind<unknown>[] = [
  flag,
  number,
  size,
  { expected: 'text', read: (text) => text },
]

const { family: _, ...fields } = configFields as Readonly<Record<string, Field>>

/** The fields that `--config` can set, of all families; the checkpoint decides the family. */
export const configKeys = Object.keys(fields)

/**
 * Adds `heads=3`, or several pairs separated by commas, to a config.
 * @throws InvalidArgumentError (of commander) for unknown keys and values that don't parse
 */
export function parseConfig(
  text: string,
  previous: Partial<AnyConfig> | undefined,
): Partial<AnyConfig> {
  const config: Record<string, unknown> = { ...previous }
  for (const pair of text.split(',')) {
    const [key, value] = splitPair(pair)
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (!field) {
      throw new InvalidArgumentError(
        `A config has no ${JSON.stringify(key)}; its keys are ${configKeys.join(', ')}.`,
      )
    }
    config[key] = parse(kindOf(field), value, key)
  }
  return config
}

/** The first meaning of the text that the field accepts; a pair is written as a size is. */
const kindOf = ({ wanted, valid }: Field): Kind<unknown> => ({
  expected: valid([1, 1]) ? size.expected : wanted,
  read: (text) => kinds.map(({ read }) => read(text)).find((value) => valid(value)),
})

/** An image size, `224` or `240x320` (height first). */
export function parseImageSize(text: string): readonly [height: number, width: number] {
  return parse(size, text, 'The image size')
}

/** Parses a whole number from `least` to `most`. */
export const parseCount =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string) => {
    const value = count.read(text)
    if (value !== undefined && value >= least && value <= most) return value
    const range = most < Number.MAX_SAFE_INTEGER ? `${least} to ${most}` : least
    throw new InvalidArgumentError(`Expected a whole number from ${range}.`)
  }

/** Parses a number of tokens, one for each block (`8,8,4`), or `auto`. */
export function parseMerge(text: string): Merge {
  if (text === 'auto') return text
  const counts = text.split(',').map((part) => count.read(part))
  if (counts.some((value) => value === undefined)) {
    throw new InvalidArgumentError(
      'Expected a whole number from 0, one for each block (8,8,4…), or auto.',
    )
  }
  return counts.length === 1 ? counts[0]! : (counts as number[])
}

/** Parses any finite number. */
export function parseNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw new InvalidArgumentError(`Expected a number, found ${JSON.stringify(text)}.`)
}

/** Parses an index: 0 is the first, -1 the last. */
export function parseIndex(text: string): number {
  if (/^-?\d{1,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number; 0 is the first, -1 the last.')
}

function splitPair(pair: string): [key: string, value: string] {
  const at = pair.indexOf('=')
  if (at < 1) throw new InvalidArgumentError(`Expected KEY=VALUE, found ${JSON.stringify(pair)}.`)
  return [pair.slice(0, at), pair.slice(at + 1)]
}

function parse<T>({ expected, read }: Kind<T>, text: string, what: string): T {
  const value = read(text)
  if (value !== undefined) return value
  throw new InvalidArgumentError(`${what} is ${expected}, not ${JSON.stringify(text)}.`)
}
