import type { CheckpointFile } from '../checkpoint/checkpoint.ts'
import type { Piece } from '../checkpoint/plan/piece.ts'
import { encodeCheckpoint } from '../families/encode.ts'
import { rawName } from '../program/training/standardized-kernels.ts'
import type { Prepared } from './prepare.ts'

export interface SaveOptions {
  /** The names of the classes, in the order of the logits. */
  readonly labels: readonly string[]
  /** Added to the file's metadata. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/**
 * The trained model as a safetensors file that just loads: with its config, preprocessing and class names.
 * @returns the bytes of the file; one tensor at a time is made
 */
export function savedModel(
  { trainer, program, config, plan }: Prepared,
  { labels, metadata, signal }: SaveOptions,
): AsyncIterable<Uint8Array> {
  const read = async (name: string): Promise<Float32Array> =>
    trainer.parameters.get(rawName(name)) ??
    trainer.parameters.get(name) ??
    trainer.model.read!(name)
  const tensors = program.weights.map(({ name, shape }) => ({ name, shape, dtype: 'f32' as const }))
  const file: CheckpointFile = {
    format: 'safetensors',
    name: 'the trained model',
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    metadata: {},
    async *read(name) {
      yield await read(name)
    },
    close: async () => {},
  }
  const pieces = new Map(
    program.weights.map(({ name, shape: [rows, columns] }): [string, Piece[]] => [
      name,
      [
        {
          weight: name,
          tensor: name,
          start: 0,
          count: rows * columns,
          region: { row: 0, column: 0, rows, columns, transposed: false },
          scale: 1,
        },
      ],
    ]),
  )
  const whole = { ...plan, config, pieces, labels }
  return encodeCheckpoint(file, whole, {
    dtype: 'f32',
    ...(metadata && { metadata }),
    ...(signal && { signal }),
  })
}
