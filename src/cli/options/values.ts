import { InvalidArgumentError } from 'commander'
import { classifiers, gelus, type ViTConfig } from '../../models/config.ts'

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

function oneOf<T extends string>(...names: readonly T[]): Kind<T> {
  return { expected: `one of ${names.join(', ')}`, read: (text) => names.find((n) => n === text) }
}

/** The fields of ViTConfig that `--config` can set. */
const kinds: { readonly [Key in Exclude<keyof ViTConfig, 'family'>]: Kind<ViTConfig[Key]> } = {
  imageSize: size,
  patchSize: size,
  width: count,
  depth: count,
  heads: count,
  mlpWidth: count,
  classifier: oneOf(...classifiers),
  classToken: flag,
  distilled: flag,
  representation: count,
  classes: count,
  gelu: oneOf(...gelus),
  eps: number,
  qkvBias: flag,
  normAfterPool: flag,
}

export const configKeys = Object.keys(kinds)

/**
 * Adds `heads=3`, or several pairs separated by commas, to a config.
 * @throws InvalidArgumentError (of commander) for unknown keys and values that don't parse
 */
export function parseConfig(
  text: string,
  previous: Partial<ViTConfig> | undefined,
): Partial<ViTConfig> {
  const config: Record<string, unknown> = { ...previous }
  for (const pair of text.split(',')) {
    const [key, value] = splitPair(pair)
    if (!Object.hasOwn(kinds, key)) {
      throw new InvalidArgumentError(
        `A config has no ${JSON.stringify(key)}; its keys are ${configKeys.join(', ')}.`,
      )
    }
    const kind: Kind<unknown> = kinds[key as keyof typeof kinds]
    config[key] = parse(kind, value, key)
  }
  return config
}

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
