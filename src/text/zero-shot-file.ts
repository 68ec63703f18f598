import type { ModelConfig } from '../checkpoint/model-config.ts'
import { collectBytes, writeSafetensors } from '../checkpoint/write/safetensors.ts'
import type { LabelEmbeddings } from './label-embeddings.ts'

/** Of the metadata of a file. */
export const zeroShotKey = 'vitrine.zero-shot'

/** What a file has beside the embeddings. */
export interface Saved {
  readonly labels: readonly string[]
  readonly temperature: number
  /** For labels that are judged each for itself by a sigmoid. */
  readonly bias?: number | undefined
  /** Of the model whose texts they are. */
  readonly config: ModelConfig
}

/** @returns a safetensors file with `embeddings` `[labels, embedding]` and, for several labels, `background` */
export function saveZeroShot(
  { labels, embeddings, temperature, background, bias }: LabelEmbeddings,
  config: ModelConfig,
): Promise<Uint8Array> {
  const width = embeddings[0]!.length
  const values = new Float32Array(embeddings.length * width)
  embeddings.forEach((embedding, i) => {
    values.set(embedding, i * width)
  })
  const tensor = (name: string, shape: number[], values: Float32Array) => ({
    name,
    dtype: 'f32' as const,
    shape,
    data: () => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  })
  const saved: Saved = { labels, temperature, bias, config }
  return collectBytes(
    writeSafetensors(
      [
        tensor('embeddings', [embeddings.length, width], values),
        ...(background ? [tensor('background', [width], background)] : []),
      ],
      { [zeroShotKey]: JSON.stringify(saved) },
    ),
  )
}
