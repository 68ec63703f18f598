import { collectBytes, writeSafetensors } from '../../src/checkpoint/write/safetensors.ts'
import { type ImageTextOptions, loadImageText } from '../../src/text/index.ts'
import { pictures, texts } from './inputs.ts'
import { litTensors, tiny, unsaid, vocabularies } from './tiny-lit.ts'

// The script of a page in which a model of images and texts runs.

const page = {
  /** Embeddings of texts and of an image, and the probabilities of labels. */
  async run(name: keyof typeof tiny, backend: NonNullable<ImageTextOptions['backend']>) {
    const tensors = litTensors(tiny[name]).map((tensor) => ({
      ...tensor,
      data: () => new Uint8Array(tensor.values.buffer),
    }))
    const bytes = await collectBytes(writeSafetensors(tensors))
    const options = { backend, vocabulary: vocabularies[name], config: unsaid[name] }
    using model = await loadImageText(bytes, options)
    const embeddings = await model.embedText(texts)
    const image = await model.embed(pictures[0]!)
    const classifier = await model.zeroShot(texts.slice(0, 4))
    const probabilities = await classifier.probabilities(pictures[0]!)
    const numbers = [...embeddings.flatMap((one) => [...one]), ...image, ...probabilities]
    return { backend: model.backend.name, threads: model.backend.threads.count, numbers }
  },
}

export type Page = typeof page

Object.assign(globalThis, { page })
