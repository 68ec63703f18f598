import { platform } from '#platform'
import type { WeightSink } from '../../backends/backend.ts'
import { NumericError } from '../../errors.ts'
import { firstNonFinite } from '../../finite.ts'
import type { CheckpointFile, OpenOptions } from '../checkpoint.ts'
import { allocate, itemSize, tensorBytes } from '../read/dtype.ts'
import type { Matched } from './match.ts'
import type { Piece } from './piece.ts'
import { rearrange } from './rearrange.ts'

/** Timers, input and other requests get a turn after this many bytes. */
const bytesPerTurn = 4 << 20

/**
 * Fills the weights of a model. Every tensor is read once, in the order of the file, block by block,
 * so that beside the model itself about one block is in memory; only tensors that must be rearranged
 * (PyTorch's patch kernel, position embeddings to be resized) are buffered, one at a time.
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
  await loadPieces(file, [...plan.pieces.values()].flat(), sink, options)
}

/** The same for some of the pieces of a plan. */
export async function loadPieces(
  file: CheckpointFile,
  pieces: readonly Piece[],
  sink: WeightSink,
  { signal, onProgress }: OpenOptions = {},
): Promise<void> {
  const byTensor = groupByTensor(pieces)
  const used = [...file.tensors.values()].filter(({ name }) => byTensor.has(name))
  const total = used.reduce((sum, info) => sum + tensorBytes(info), 0)
  let loaded = 0
  let turn = 0
  for (const { name, dtype } of used) {
    const writers = byTensor.get(name)!.map((piece) => pieceWriter(piece, sink))
    let at = 0
    for await (const block of file.read(name, { signal })) {
      requireFinite(file, name, at, block)
      for (const write of writers) write(at, block)
      at += block.length
      loaded += block.length * itemSize[dtype]
      onProgress?.({ phase: 'weights', loaded, total })
      if (loaded >= turn + bytesPerTurn) {
        turn = loaded
        await platform.yield()
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

type Write = (at: number, block: Float32Array) => void

/** Takes blocks of a tensor that begin at value `at`, and hands on what belongs to the piece. */
function pieceWriter(piece: Piece, sink: WeightSink): Write {
  const { weight, region, start, count, scale } = piece
  const put = (offset: number, values: Float32Array) =>
    sink.write(weight, region, offset, scaled(values, scale))
  if (!piece.rearrange) {
    return (at, block) => {
      const from = Math.max(start, at)
      const to = Math.min(start + count, at + block.length)
      if (from < to) put(from - start, block.subarray(from - at, to - at))
    }
  }
  const change = piece.rearrange
  const whole = allocate(count, piece.tensor)
  return (at, block) => {
    const from = Math.max(start, at)
    const to = Math.min(start + count, at + block.length)
    if (from >= to) return
    whole.set(block.subarray(from - at, to - at), from - start)
    if (to === start + count) put(0, rearrange(whole, change))
  }
}

function scaled(values: Float32Array, scale: number): Float32Array {
  if (scale === 1) return values
  // Zero times infinity must not become anything else.
  return scale === 0 ? new Float32Array(values.length) : values.map((value) => value * scale)
}

function groupByTensor(pieces: readonly Piece[]): Map<string, Piece[]> {
  const groups = new Map<string, Piece[]>()
  for (const piece of pieces) {
    const group = groups.get(piece.tensor)
    if (group) group.push(piece)
    else groups.set(piece.tensor, [piece])
  }
  return groups
}
