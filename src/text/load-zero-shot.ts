import type { CheckpointFile, CheckpointInput, TensorInfo } from '../checkpoint/checkpoint.ts'
import type { ModelConfig } from '../checkpoint/model-config.ts'
import { openCheckpoint } from '../checkpoint/read/open.ts'
import { ArgumentError, FormatError } from '../errors.ts'
import { firstNonFinite } from '../finite.ts'
import type { ImageModel } from '../model/image-model.ts'
import { ZeroShotClassifier } from './zero-shot.ts'
import { type Saved, zeroShotKey } from './zero-shot-file.ts'

/**
 * A classifier that `save` wrote, for the same model. The model may come from `load`, which loads no text tower.
 * @param source a path, a URL, bytes or a stream
 * @param model the image tower of the model that the classifier was made with
 * @throws FormatError for another file; ArgumentError for another model; SourceError if it can't be read
 */
export async function loadZeroShot(
  source: CheckpointInput,
  model: Pick<ImageModel, 'embed' | 'config'>,
): Promise<ZeroShotClassifier> {
  const file = await openCheckpoint(source)
  try {
    const { labels, temperature, bias, config } = readSaved(file)
    if (JSON.stringify(towerOf(config)) !== JSON.stringify(towerOf(model.config))) {
      throw new ArgumentError(
        `${file.name} has texts of another model than the given one: embeddings of different models can't be compared.`,
      )
    }
    const all = await readTensor(file, 'embeddings')
    const width = all.length / labels.length
    const embeddings = labels.map((_, i) => all.slice(i * width, (i + 1) * width))
    const background = file.tensors.has('background')
      ? await readTensor(file, 'background')
      : undefined
    return new ZeroShotClassifier({ labels, embeddings, temperature, background, bias }, model)
  } finally {
    await file.close()
  }
}

/** What has to be the same: everything but the size of images, for which positions may be resized. */
function towerOf({ imageSize: _, ...config }: ModelConfig) {
  return Object.entries(config).sort(([one], [other]) => (one < other ? -1 : 1))
}

function readSaved(file: CheckpointFile): Saved {
  const text = file.metadata[zeroShotKey]
  if (text === undefined) {
    throw new FormatError(`${file.name} is no saved zero-shot classifier; save() of one makes it.`)
  }
  let saved: Partial<Saved> | null
  try {
    saved = JSON.parse(text)
  } catch (cause) {
    throw new FormatError(`${file.name} has a ${zeroShotKey} that is not JSON.`, { cause })
  }
  const { labels, temperature, bias, config } = saved ?? {}
  const areLabels = Array.isArray(labels) && labels.every((label) => typeof label === 'string')
  const embedding = (config as { embedding?: unknown } | undefined)?.embedding
  const shape = (name: string) => file.tensors.get(name)?.shape.join()
  const isRight =
    areLabels &&
    labels.length > 0 &&
    Number.isFinite(temperature) &&
    (bias === undefined || Number.isFinite(bias)) &&
    shape('embeddings') === `${labels.length},${embedding}` &&
    [undefined, String(embedding)].includes(shape('background'))
  if (isRight) return saved as Saved
  throw new FormatError(`${file.name} is a zero-shot classifier whose parts don't fit together.`)
}

async function readTensor(file: CheckpointFile, name: string): Promise<Float32Array> {
  const { shape } = file.tensors.get(name) as TensorInfo
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1))
  let at = 0
  for await (const block of file.read(name)) {
    values.set(block, at)
    at += block.length
  }
  if (firstNonFinite(values) < 0) return values
  throw new FormatError(`${file.name} has embeddings that are not finite.`)
}
