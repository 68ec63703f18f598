import { platform } from '#platform'
import type { WeightSink } from '../../backends/backend.ts'
import { NumericError } from '../../errors.ts'
import { firstNonFinite } from '../../finite.ts'
import { dequantize } from '../../quantization/int8.ts'
import type { CheckpointFile, OpenOptions, ReadOptions } from '../checkpoint.ts'
import { allocate, itemSize, tensorBytes } from '../read/dtype.ts'
import { readScales, rowLength, scaleOf } from '../read/scales.ts'
import type { Matched } from './layout.ts'
import type { Piece, Write } from './piece.ts'
import { rearranger } from './rearrange.ts'
import type { Scaled } from './scaled.ts'

/** Timers, input and other requests get a turn after this many milliseconds. */
const turnTime = 10

/**
 * Fills the weights of a model. Every tensor is read once, in the order of the file, block by block,
 * so that beside the model itself about one block is in memory; only tensors that must be rearranged
 * (PyTorch's convolutions, position embeddings to be resized) or standardised are buffered, one at a time.
 * @throws NumericError naming the first tensor with values that are infinite or NaN, which some
 *   kernels would turn into a wrong answer; FormatError where the data is not what the headers say,
 *   SourceError where it can't be had, or the signal's reason; the weights are then partly written
 */
export async function loadWeights(
  file: CheckpointFile,
  plan: Matched,
  sink: WeightSink,
  options: OpenOptions = {},
): Promise<void> {
  const all = [...plan.pieces.values()].flat()
  await loadPieces(
    file,
    all.filter(({ forFilesOnly }) => !forFilesOnly),
    sink,
    options,
  )
}

/** The same for some of the pieces of a plan. */
export async function loadPieces(
  file: CheckpointFile,
  pieces: readonly Piece[],
  sink: WeightSink,
  { signal, onProgress }: OpenOptions = {},
): Promise<void> {
  const scaled = pieces.some(({ scaleBy }) => scaleBy)
    ? new (await import('./scaled.ts')).Scaled(file, pieces)
    : undefined
  const byTensor = groupByTensor(pieces, scaled)
  const used = [...file.tensors.values()].filter(({ name }) => byTensor.has(name))
  const total = used.reduce((sum, info) => sum + tensorBytes(info), 0)
  let loaded = 0
  let turn = performance.now()
  for (const { name, dtype } of used) {
    const pieces = byTensor.get(name)!
    const counts =
      (await passInt8(file, name, pieces, sink, { signal })) ??
      passOn(file.read(name, { signal }), [
        (at, block) => requireFinite(file, name, at, block),
        ...(await Promise.all(pieces.map((piece) => pieceWriter(piece, sink, scaled)))),
        ...(scaled?.readers(name, sink) ?? []),
      ])
    for await (const count of counts) {
      await sink.drain?.()
      loaded += count * itemSize[dtype]
      onProgress?.({ phase: 'weights', loaded, total })
      if (performance.now() - turn > turnTime) {
        await platform.yield()
        turn = performance.now()
      }
      signal?.throwIfAborted()
    }
  }
}

/** @param at the index of the block's first value in its tensor */
function requireFinite(
  file: CheckpointFile,
  tensor: string,
  at: number,
  block: Float32Array,
): void {
  const wrong = firstNonFinite(block)
  if (wrong < 0) return
  throw new NumericError(
    `${tensor} of ${file.name} has weights that are not finite: value ${at + wrong} is ${block[wrong]} in f32. The file is damaged, or its training failed; no answer of such a model means anything.`,
    [tensor],
  )
}

/** Gives every block of a tensor to all writers, and says how many values it had. */
async function* passOn<Block extends Float32Array | Int8Array>(
  blocks: AsyncIterable<Block>,
  writers: readonly Write<Block>[],
): AsyncGenerator<number> {
  let at = 0
  for await (const block of blocks) {
    for (const write of writers) write(at, block)
    at += block.length
    yield block.length
  }
}

/**
 * The same for an int8 tensor, to a sink that takes it so.
 * @returns undefined where it has to become f32 first
 */
async function passInt8(
  file: CheckpointFile,
  name: string,
  pieces: readonly Piece[],
  sink: WeightSink,
  options: ReadOptions,
): Promise<AsyncGenerator<number> | undefined> {
  const tensor = file.tensors.get(name)!
  const scale = scaleOf(file.tensors, tensor)
  const length = rowLength(tensor)
  const isPlain = ({ region, start, scale, scaleBy, rearrange, standardize }: Piece) =>
    region.transposed &&
    region.rows === length &&
    start % length === 0 &&
    scale === 1 &&
    !rearrange &&
    !standardize &&
    !scaleBy
  if (!scale || !file.readInt8 || !sink.writeInt8 || !pieces.every(isPlain)) return undefined
  const scales = await readScales(file, scale, options)
  const writers = pieces.map((piece) => {
    const { weight, region, start } = piece
    const own = scales.subarray(start / length, start / length + region.columns)
    return runWriter<Int8Array>(piece, (offset, values) =>
      sink.writeInt8!(weight, region, offset, values, own),
    )
  })
  if (!scales.every((scale) => Number.isFinite(Math.fround(scale * 128)))) {
    writers.unshift((at, block) => {
      const floats = new Float32Array(block.length)
      dequantize(block, at, length, scales, floats)
      requireFinite(file, name, at, floats)
    })
  }
  return passOn(file.readInt8(name, options), writers)
}

/** Hands on what belongs to a piece, with its place in the piece. */
function runWriter<Block extends Float32Array | Int8Array>(
  { start, count }: Piece,
  put: (offset: number, values: Block) => void,
): Write<Block> {
  return (at, block) => {
    const from = Math.max(start, at)
    const to = Math.min(start + count, at + block.length)
    if (from < to) put(from - start, block.subarray(from - at, to - at) as Block)
  }
}

async function pieceWriter(
  piece: Piece,
  sink: WeightSink,
  scaled: Scaled | undefined,
): Promise<Write<Float32Array>> {
  const { weight, region, count, scale } = piece
  const put = (offset: number, values: Float32Array) =>
    sink.write(weight, region, offset, timesScale(values, scale))
  const change = await changeOf(piece)
  if (!change && !piece.scaleBy) return runWriter(piece, put)
  const whole = allocate(count, piece.tensor)
  return runWriter<Float32Array>(piece, (offset, values) => {
    whole.set(values, offset)
    if (offset + values.length < count) return
    const changed = change?.(whole) ?? whole
    if (piece.scaleBy) scaled!.write(piece, changed, sink)
    else put(0, changed)
  })
}

/** What is done to all values of a piece together. */
async function changeOf({
  rearrange,
  standardize,
  region,
}: Piece): Promise<((values: Float32Array) => Float32Array) | undefined> {
  const rearranged = rearrange && (await rearranger(rearrange))
  if (!standardize) return rearranged
  const { standardized } = await import('./standardize.ts')
  return (values) => standardized(rearranged?.(values) ?? values, region, standardize)
}

function timesScale(values: Float32Array, scale: number): Float32Array {
  if (scale === 1) return values
  // Zero times infinity must not become anything else.
  return scale === 0 ? new Float32Array(values.length) : values.map((value) => value * scale)
}

function groupByTensor(pieces: readonly Piece[], scaled: Scaled | undefined): Map<string, Piece[]> {
  const groups = new Map<string, Piece[]>(scaled?.factors.map((name) => [name, []]))
  for (const piece of pieces) {
    const group = groups.get(piece.tensor)
    if (group) group.push(piece)
    else groups.set(piece.tensor, [piece])
  }
  return groups
}
