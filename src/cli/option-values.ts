import { InvalidArgumentError } from 'commander'
import { type AnyConfig, configFields } from '../families/architectures.ts'
import type { Field } from '../fields.ts'

/** Reads a value from its text; undefined where the text is none. */
interface Kind<T> {
  /** What is wanted, for messages. */
  readonly wanted: string
  read(text: string): T | undefined
}

const count: Kind<number> = {
  wanted: 'a whole number',
  read: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined),
}

const number: Kind<number> = {
  wanted: 'a number such as 1e-6',
  read: (text) => (/^\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined),
}

const flag: Kind<boolean> = {
  wanted: 'true or false',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
}

const size: Kind<readonly [height: number, width: number]> = {
  wanted: 'pixels, as 224 or as HEIGHTxWIDTH',
  read(text) {
    const match = /^(\d{1,6})(?:x(\d{1,6}))?$/.exec(text)
    return match ? [Number(match[1]), Number(match[2] ?? match[1])] : undefined
  },
}

/** What a text may stand for in a config. */
const kinds: readonly Kind<unknown>[] = [
  flag,
  number,
  size,
  { wanted: 'a text', read: (text) => text },
]

const { family: _, ...fields } = configFields as Readonly<Record<string, Field>>

/** What `--config` knows: the fields of all families' configs. The checkpoint tells the family. */
export const configKeys = Object.keys(fields)

/**
 * Adds `heads=3`, or several such pairs with commas between, to a config.
 * @throws InvalidArgumentError (of commander) naming the known keys, or what a key's value must be
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
        `There is no ${JSON.stringify(key)} in a config; there are ${configKeys.join(', ')}.`,
      )
    }
    config[key] = parse(kindOf(field), value, key)
  }
  return config
}

/** The first reading of a text that a field takes; a pair is written as a size is. */
const kindOf = ({ wanted, valid }: Field): Kind<unknown> => ({
  wanted: valid([1, 1]) ? size.wanted : wanted,
  read: (text) => kinds.map(({ read }) => read(text)).find((value) => valid(value)),
})

/** A picture's size, `224` or `240x320` (height first). */
export function parseImageSize(text: string): readonly [height: number, width: number] {
  return parse(size, text, 'The image size')
}

/** A whole number from `least`. */
export const parseCount =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string) => {
    const value = count.read(text)
    if (value !== undefined && value >= least && value <= most) return value
    const range = most < Number.MAX_SAFE_INTEGER ? `${least} to ${most}` : least
    throw new InvalidArgumentError(`Expected a whole number from ${range}.`)
  }

/** A place in a list: 0 is the first, -1 the last. */
export function parsePlace(text: string): number {
  if (/^-?\d{1,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number; 0 is the first, -1 the last.')
}

function splitPair(pair: string): [key: string, value: string] {
  const at = pair.indexOf('=')
  if (at < 1) throw new InvalidArgumentError(`Expected KEY=VALUE, found ${JSON.stringify(pair)}.`)
  return [pair.slice(0, at), pair.slice(at + 1)]
}

function parse<T>({ wanted, read }: Kind<T>, text: string, what: string): T {
  const value = read(text)
  if (value !== undefined) return value
  throw new InvalidArgumentError(`${what} is ${wanted}, not ${JSON.stringify(text)}.`)
}
