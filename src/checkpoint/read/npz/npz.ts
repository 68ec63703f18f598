import { inflateExactly } from '../../../bytes/inflate.ts'
import { ArgumentError, FormatError, LimitError } from '../../../errors.ts'
import type { CheckpointFile, OpenOptions, ReadOptions, TensorInfo } from '../../checkpoint.ts'
import { type ByteSource, peekChunks } from '../../source/source.ts'
import { Buffers } from '../buffers.ts'
import { decodeValues } from '../decode.ts'
import { allocate, tensorBytes } from '../dtype.ts'
import { torchAdvice } from '../torch.ts'
import { quote, readDirectory } from './directory.ts'
import { type Member, memberBytes, openMember } from './member.ts'
import { type NpyHeader, npyHeaderLength, npyPreambleBytes, parseNpyHeader } from './npy.ts'

/**
 * The sum of all members may be this many times the size of the file, and a fixed allowance more:
 * weights hardly compress, but a small file may hold a large head of zeros.
 */
const maxRatio = 100
const ratioAllowance = 64 << 20

interface NpzArray extends NpyHeader {
  readonly info: TensorInfo
  readonly member: Member
}

/**
 * Opens NumPy's `.npz`: a zip archive of `.npy` arrays, stored or deflated. All headers are read
 * and checked here, before anything is allocated for the data.
 * @throws FormatError, UnsupportedError, LimitError
 */
export async function openNpz(
  source: ByteSource,
  maxBytes: number,
  { signal }: OpenOptions,
): Promise<CheckpointFile> {
  const { entries, start: directoryStart } = await readDirectory(source, signal)
  const strays = entries.filter((entry) => !entry.name.endsWith('.npy'))
  if (strays.length > 0) {
    throw new FormatError(
      strays.some((entry) => entry.name.endsWith('data.pkl'))
        ? `${source.name} is a PyTorch file (a zip with a pickle). ${torchAdvice(source.name, 'zip')}`
        : `${source.name} is a zip archive but no .npz: it has the member ${quote(strays[0]!.name)}.`,
    )
  }
  const sum = entries.reduce((total, entry) => total + entry.size, 0)
  const limit = Math.min(maxBytes, directoryStart * maxRatio + ratioAllowance)
  if (sum > limit) {
    throw new LimitError(
      `${source.name} declares ${sum} bytes of arrays in ${directoryStart}; the limit for it is ${limit}.`,
    )
  }

  entries.sort((a, b) => a.offset - b.offset)
  const arrays = new Map<string, NpzArray>()
  let end = 0
  for (const entry of entries) {
    if (entry.offset < end) {
      throw new FormatError(`Member ${quote(entry.name)} of ${source.name} overlaps another.`)
    }
    const member = await openMember(source, entry, directoryStart, signal)
    end = member.end
    const header = await readHeader(source, member, signal)
    const name = entry.name.slice(0, -'.npy'.length)
    const info = { name, dtype: header.dtype, shape: header.shape }
    if (header.length + tensorBytes(info) !== entry.size) {
      throw new FormatError(
        `${quote(name)} in ${source.name} has the shape [${info.shape.join(', ')}] of ${info.dtype}, ${tensorBytes(info)} bytes, but holds ${entry.size - header.length}.`,
      )
    }
    arrays.set(name, { ...header, info, member })
  }

  const buffers = new Buffers()
  return {
    format: 'npz',
    name: source.name,
    tensors: new Map([...arrays].map(([name, array]) => [name, array.info])),
    metadata: {},
    read(tensor: string, options?: ReadOptions) {
      const array = arrays.get(tensor)
      if (!array) throw new ArgumentError(`${source.name} has no array ${quote(tensor)}.`)
      const values = readValues(source, array, options?.signal, buffers)
      return array.fortranOrder ? rowMajor(values, array.info) : values
    },
    close: () => source.close(),
  }
}

async function readHeader(
  source: ByteSource,
  member: Member,
  signal: AbortSignal | undefined,
): Promise<NpyHeader> {
  const what = `Member ${quote(member.entry.name)} of ${source.name}`
  if (member.entry.method === 'stored') {
    const available = member.end - member.start
    const read = (length: number) => source.read(member.start, Math.min(length, available), signal)
    const length = npyHeaderLength(await read(npyPreambleBytes), what)
    if (length > available) throw new FormatError(`${what} ends in its header.`)
    return parseNpyHeader(await read(length), what)
  }
  // Only as much is inflated as the header takes; the rest is inflated when the array is read.
  let head = new Uint8Array(0)
  const compressed = peekChunks(source, member.start, member.end, signal)
  for await (const bytes of inflateExactly(compressed, member.entry.size, 'deflate-raw', what)) {
    const longer = new Uint8Array(head.length + bytes.length)
    longer.set(head)
    longer.set(bytes, head.length)
    head = longer
    if (head.length < npyPreambleBytes) continue
    const length = npyHeaderLength(head, what)
    if (head.length >= length) return parseNpyHeader(head.subarray(0, length), what)
  }
  throw new FormatError(`${what} ends in its header.`)
}

async function* readValues(
  source: ByteSource,
  { info, bigEndian, length, member }: NpzArray,
  signal: AbortSignal | undefined,
  buffers: Buffers,
): AsyncGenerator<Float32Array> {
  const bytes = memberBytes(source, member, signal, buffers)
  yield* decodeValues(skip(bytes, length), info.dtype, bigEndian, buffers)
  // The local header goes too, so that a stream can drop all bytes up to here.
  source.release(member.entry.offset, member.end)
}

async function* skip(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count
  for await (const chunk of chunks) {
    if (left < chunk.length) yield left > 0 ? chunk.subarray(left) : chunk
    left -= Math.min(left, chunk.length)
  }
}

/** An array in Fortran order, whose first index runs fastest, in row-major order; buffered whole. */
async function* rowMajor(
  values: AsyncIterable<Float32Array>,
  { name, shape }: TensorInfo,
): AsyncGenerator<Float32Array> {
  const count = shape.reduce((product, side) => product * side, 1)
  const sorted = allocate(count, `the array ${quote(name)}`)
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  const index = shape.map(() => 0)
  let place = 0
  for await (const block of values) {
    for (const value of block) {
      sorted[place] = value
      for (let axis = 0; axis < shape.length; axis++) {
        place += strides[axis]!
        if (++index[axis]! < shape[axis]!) break
        place -= strides[axis]! * shape[axis]!
        index[axis] = 0
      }
    }
  }
  if (count > 0) yield sorted
}
