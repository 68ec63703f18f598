import { FormatError, LimitError, UnsupportedError } from '../../../errors.ts'
import type { DType } from '../../checkpoint.ts'
import { elementCount, itemSize } from '../dtype.ts'

/** What the header of an `.npy` file says. */
export interface NpyHeader {
  /** Bytes before the data. */
  readonly length: number
  readonly dtype: DType
  readonly bigEndian: boolean
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
}

/** Enough to learn how long the header is. */
export const npyPreambleBytes = 12
const maxHeaderBytes = 1 << 16
const maxDimensions = 32

const dtypes: Readonly<Record<string, DType>> = {
  f2: 'f16',
  f4: 'f32',
  f8: 'f64',
  i1: 'i8',
  i2: 'i16',
  i4: 'i32',
  i8: 'i64',
  u1: 'u8',
  u2: 'u16',
  u4: 'u32',
  u8: 'u64',
  b1: 'bool',
  // NumPy has no bfloat16; ml_dtypes saves it as a void of two bytes.
  V2: 'bf16',
}

/**
 * The length of the whole header (NEP 1: versions 1.0, 2.0 and 3.0).
 * @param preamble the first {@link npyPreambleBytes} bytes, or all there are
 */
export function npyHeaderLength(preamble: Uint8Array, what: string): number {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
  if (preamble.length < npyPreambleBytes || magic.some((byte, i) => preamble[i] !== byte)) {
    throw new FormatError(`${what} is not an .npy array.`)
  }
  const [major, minor] = [preamble[6]!, preamble[7]!]
  if (major < 1 || major > 3 || minor !== 0) {
    throw new UnsupportedError(`${what} has .npy version ${major}.${minor}; 1.0 to 3.0 are read.`)
  }
  const view = new DataView(preamble.buffer, preamble.byteOffset, preamble.byteLength)
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > maxHeaderBytes) {
    throw new LimitError(
      `${what} has a header of ${length} bytes; ${maxHeaderBytes} at most are read.`,
    )
  }
  return length + (major === 1 ? 10 : 12)
}

/**
 * Parses a header: a Python dictionary of exactly `descr`, `fortran_order` and `shape`. Nothing is
 * evaluated; what does not match the grammar is refused.
 * @param bytes the whole header, as long as {@link npyHeaderLength} says
 */
export function parseNpyHeader(bytes: Uint8Array, what: string): NpyHeader {
  const text = headerText(bytes, what)
  const fields = new Map<string, string>()
  let rest = text.trimStart()
  if (!rest.startsWith('{')) throw new FormatError(`${what} has a header that is no dictionary.`)
  rest = rest.slice(1)
  for (;;) {
    const match = field.exec(rest)
    if (!match) break
    const [whole, , key, value, separator] = match as unknown as Groups
    if (fields.has(key)) throw new FormatError(`${what} has ${key} twice in its header.`)
    fields.set(key, value)
    rest = rest.slice(whole.length)
    if (separator !== ',') break
  }
  if (!/^\s*\}\s*$/.test(rest) || fields.size !== 3) {
    throw new FormatError(
      `${what} has a header that is not {'descr': …, 'fortran_order': …, 'shape': …}: ${JSON.stringify(text.slice(0, 120))}`,
    )
  }
  const order = fields.get('fortran_order') ?? ''
  if (!/^(True|False)$/.test(order)) {
    throw new FormatError(`${what} has the fortran_order ${JSON.stringify(order.slice(0, 80))}.`)
  }
  const { dtype, bigEndian } = parseDescr(fields.get('descr') ?? '', what)
  const shape = parseShape(fields.get('shape') ?? '', what)
  if (shape.length > maxDimensions || elementCount(shape, dtype) === undefined) {
    throw new FormatError(`${what} has the impossible shape [${shape.slice(0, 40).join(', ')}].`)
  }
  return {
    length: bytes.length,
    dtype,
    bigEndian,
    fortranOrder: order === 'True',
    shape,
  }
}

type Groups = [whole: string, quote: string, key: string, value: string, separator: string]

const field =
  /^\s*(['"])(descr|fortran_order|shape)\1\s*:\s*(True|False|\([0-9L,\s]*\)|'[^'"\\]*'|"[^'"\\]*"|\[.*\])\s*(,?)/

function headerText(bytes: Uint8Array, what: string): string {
  const text = bytes.subarray(bytes[6] === 1 ? 10 : 12)
  try {
    return new TextDecoder(bytes[6] === 3 ? 'utf-8' : 'latin1', { fatal: true }).decode(text)
  } catch (cause) {
    throw new FormatError(`${what} has a header that is not UTF-8.`, { cause })
  }
}

function parseDescr(value: string, what: string): { dtype: DType; bigEndian: boolean } {
  const descr = /^['"](.*)['"]$/.exec(value)?.[1]
  if (descr === undefined) {
    throw new UnsupportedError(
      `${what} is a structured array (${value.slice(0, 80)}), not a tensor.`,
    )
  }
  const [, order, kind = ''] = /^([<>|])([a-zA-Z]\d*)$/.exec(descr) ?? []
  if (kind.startsWith('O')) {
    throw new UnsupportedError(
      `${what} holds Python objects (a pickle), which are never run; save plain arrays instead.`,
    )
  }
  const dtype = Object.hasOwn(dtypes, kind) ? dtypes[kind] : undefined
  if (!dtype || (order === '|' && itemSize[dtype] > 1 && dtype !== 'bf16')) {
    throw new UnsupportedError(
      `${what} has the element type ${JSON.stringify(descr)}; ${Object.keys(dtypes).join(', ')} are read.`,
    )
  }
  return { dtype, bigEndian: order === '>' }
}

function parseShape(value: string, what: string): number[] {
  const inner = /^\((.*)\)$/s.exec(value)?.[1]
  // A tuple of one has a comma behind it: (3,). NumPy on Python 2 wrote 3L.
  const valid = inner !== undefined && /^\s*(\d+L?\s*,\s*)*(\d+L?\s*)?$/.test(inner)
  const sides = valid ? (inner.match(/\d+/g) ?? []) : []
  if (!valid || (sides.length === 1 && !inner.includes(','))) {
    throw new FormatError(`${what} has the shape ${JSON.stringify(value.slice(0, 80))}.`)
  }
  return sides.map(Number)
}
