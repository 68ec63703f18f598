import type { Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { floatsToHalves, halvesToFloats } from '../checkpoint/read/half.ts'
import { npyHeaderLength, npyPreambleBytes, parseNpyHeader } from '../checkpoint/read/npz/npy.ts'
import { npyBytes, npyHeader } from '../checkpoint/write/npy.ts'
import { FormatError } from '../errors.ts'
import type { Beside } from './beside.ts'
import type { Block, Written } from './formats.ts'

/** So many bytes are read at once. */
const blockBytes = 2 ** 22

/**
 * A NumPy file, `[rows, ...shape]`. It begins with a placeholder: `npyHeader` replaces it when the number of rows is
 * known.
 * @param hash receives the bytes after the header
 */
export async function* npyChunks(
  { rows, dtype }: Pick<Written, 'rows' | 'dtype'>,
  hash: Hash,
): AsyncGenerator<Uint8Array> {
  yield npyHeader([], dtype)
  for await (const { name, values } of rows) {
    const bytes = npyBytes(dtype === 'f16' ? floatsToHalves(values, name) : values)
    hash.update(bytes)
    yield bytes
  }
}

/** @throws FormatError where the file is not the one that its record is of */
export async function* npyBlocks(
  path: string,
  { record, names }: Beside,
  hash: Hash,
  signal: AbortSignal,
): AsyncGenerator<Block, void, undefined> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const read = async (offset: number, length: number) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)))
      let at = 0
      while (at < bytes.length) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, offset + at)
        if (bytesRead === 0) throw new FormatError(`${path} became shorter while it was read.`)
        at += bytesRead
      }
      return bytes
    }
    const length = npyHeaderLength(await read(0, npyPreambleBytes), path)
    const header = parseNpyHeader(await read(0, length), path)
    const isRight =
      header.dtype === record.dtype &&
      !header.bigEndian &&
      !header.fortranOrder &&
      header.shape.join() === [names.length, ...record.shape].join()
    const values = record.shape.reduce((product, side) => product * side, 1)
    const bytes = values * (record.dtype === 'f16' ? 2 : 4)
    if (!isRight || size !== length + names.length * bytes) {
      throw new FormatError(`${path} is not the array that ${path}.json describes.`)
    }
    const most = Math.max(1, Math.floor(blockBytes / bytes))
    for (let row = 0; row < names.length; row += most) {
      signal.throwIfAborted()
      const count = Math.min(most, names.length - row)
      const block = await read(length + row * bytes, count * bytes)
      hash.update(block)
      yield { names: names.slice(row, row + count), values: floatsOf(block, record.dtype) }
    }
  } finally {
    await handle.close()
  }
}

function floatsOf(bytes: Uint8Array, dtype: 'f16' | 'f32'): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (dtype === 'f32') {
    return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true))
  }
  const halves = Uint16Array.from({ length: bytes.length / 2 }, (_, i) =>
    view.getUint16(2 * i, true),
  )
  const floats = new Float32Array(halves.length)
  halvesToFloats(halves, floats)
  return floats
}
