import { FormatError, LimitError, UnsupportedError } from '../../../errors.ts'
import type { DType, TensorInfo } from '../../checkpoint.ts'
import { elementCount, itemSize } from '../dtype.ts'
import { repeatedKey } from './json.ts'

/** A tensor and where its bytes are, counted from the end of the header. */
export interface StoredTensor extends TensorInfo {
  readonly begin: number
  readonly end: number
}

export interface Header {
  /** In storage order. */
  readonly tensors: readonly StoredTensor[]
  readonly metadata: Readonly<Record<string, string>>
  /** Bytes of tensor data that follow the header. */
  readonly dataBytes: number
}

/**
 * The format allows headers of 100 MB. Parsed, that would be gigabytes; a ViT's has 30 kB, and this
 * is room for every tensor that is accepted.
 */
export const maxHeaderBytes = 1 << 24
export const maxTensors = 1 << 14

/** The format's names of the types that are read here. */
export const dtypeNames: Readonly<Record<string, DType>> = {
  BOOL: 'bool',
  U8: 'u8',
  I8: 'i8',
  U16: 'u16',
  I16: 'i16',
  F16: 'f16',
  BF16: 'bf16',
  U32: 'u32',
  I32: 'i32',
  F32: 'f32',
  U64: 'u64',
  I64: 'i64',
  F64: 'f64',
}

/** Eight bytes of a length that is not astronomical, then JSON. No text has a zero byte. */
export const beginsSafetensors = (bytes: Uint8Array) => bytes[7] === 0 && bytes[8] === 0x7b

/** Checks the length that the first 8 bytes of a file declare. */
export function headerLength(preamble: Uint8Array, size: number | undefined, file: string): number {
  const view = new DataView(preamble.buffer, preamble.byteOffset, preamble.byteLength)
  const length = view.getBigUint64(0, true)
  if (length > BigInt(maxHeaderBytes)) {
    throw new LimitError(
      `${file} declares a header of ${length} bytes; ${maxHeaderBytes} at most are read.`,
    )
  }
  if (size !== undefined && Number(length) > size - 8) {
    throw new FormatError(
      `${file} is truncated: its header has ${length} bytes, ${Math.max(0, size - 8)} are there.`,
    )
  }
  return Number(length)
}

/**
 * Parses a safetensors header by all rules of the format: JSON that begins with `{`, no key twice,
 * every byte of the data belongs to exactly one tensor.
 */
export function parseHeader(bytes: Uint8Array, file: string): Header {
  if (bytes[0] !== 0x7b) throw new FormatError(`${file} has a header that does not begin with {.`)
  let text: string
  let parsed: Record<string, unknown>
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new FormatError(`${file} has a header that is not valid JSON in UTF-8.`, { cause })
  }
  const repeated = repeatedKey(text)
  if (repeated !== undefined) {
    throw new FormatError(`${file} has ${JSON.stringify(repeated)} twice in its header.`)
  }
  const count = Object.keys(parsed).length
  if (count > maxTensors) {
    throw new LimitError(`${file} lists ${count} tensors; ${maxTensors} at most are read.`)
  }
  const tensors: StoredTensor[] = []
  let metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '__metadata__') metadata = parseMetadata(value, file)
    else tensors.push(parseTensor(name, value, file))
  }
  return { tensors, metadata, dataBytes: checkLayout(tensors, file) }
}

function parseMetadata(value: unknown, file: string): Record<string, string> {
  const valid = isObject(value) && Object.values(value).every((entry) => typeof entry === 'string')
  if (!valid)
    throw new FormatError(`${file} has __metadata__ that does not map strings to strings.`)
  return value as Record<string, string>
}

function parseTensor(name: string, value: unknown, file: string): StoredTensor {
  const what = `Tensor ${JSON.stringify(name.slice(0, 200))} of ${file}`
  const { dtype: typeName, shape, data_offsets: offsets } = isObject(value) ? value : {}
  if (
    typeof typeName !== 'string' ||
    !isCounts(shape) ||
    !isCounts(offsets) ||
    offsets.length !== 2
  ) {
    throw new FormatError(`${what} has no proper dtype, shape and data_offsets.`)
  }
  const dtype = Object.hasOwn(dtypeNames, typeName) ? dtypeNames[typeName] : undefined
  if (!dtype) {
    throw new UnsupportedError(
      `${what} has the element type ${JSON.stringify(typeName.slice(0, 40))}; ${Object.keys(dtypeNames).join(', ')} are read.`,
    )
  }
  const [begin, end] = offsets as [number, number]
  const count = elementCount(shape, dtype)
  if (count === undefined || end - begin !== count * itemSize[dtype]) {
    throw new FormatError(
      `${what} has the shape [${shape.slice(0, 40).join(', ')}] of ${dtype}, which does not fill its bytes ${begin} to ${end}.`,
    )
  }
  return { name, dtype, shape, begin, end }
}

/** Sorts the tensors as they are stored; no byte may be unused or shared. Returns the total. */
function checkLayout(tensors: StoredTensor[], file: string): number {
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const tensor of tensors) {
    if (tensor.begin !== end) {
      const problem = tensor.begin < end ? 'overlaps the tensor before it' : 'leaves a hole'
      throw new FormatError(
        `Tensor ${JSON.stringify(tensor.name.slice(0, 200))} of ${file} ${problem}: it begins at ${tensor.begin}, expected ${end}.`,
      )
    }
    end = tensor.end
  }
  return end
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0)
