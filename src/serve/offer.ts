import { ArgumentError } from '../errors.ts'
import type { ImageModel } from '../model/image-model.ts'
import type { StepOutput, Steps } from '../model/steps.ts'
import { show } from '../show.ts'
import type { ImageTextModel } from '../text/image-text-model.ts'
import type { ZeroShotClassifier } from '../text/zero-shot.ts'
import type { LabelCache } from './classify/label-cache.ts'
import { softmax } from './classify/scores.ts'

/** What can be served: models of images, models of images and texts, and classifiers made of them. */
export type Servable = ImageModel | ImageTextModel | ZeroShotClassifier

/** The outputs of a model, by the names that requests use. */
export type Wanted = 'logits' | 'probabilities' | 'embedding'

/** What is computed of one image. */
export type Computed = { readonly [Name in Wanted]?: Float32Array }

/** An output of a model for one image. */
export interface OutputInfo {
  readonly name: Wanted
  readonly shape: readonly number[]
}

/** What a loaded model can do. */
export interface Offer {
  readonly family: string
  /** Height, width and channels of preprocessed pixels. */
  readonly input: readonly [height: number, width: number, channels: number]
  readonly outputs: readonly OutputInfo[]
  /** Of the classes, if there are any; undefined where they have no names. */
  readonly labels: readonly string[] | undefined
  /** Whether each class is judged for itself, so that probabilities don't sum to 1. */
  readonly multiLabel: boolean
  readonly steps: Steps
  /** A model of images and texts. */
  readonly texts: ImageTextModel | undefined
  readonly labelCache: LabelCache | undefined
  compute(
    pixels: Float32Array,
    wanted: readonly Wanted[],
    signal: AbortSignal | undefined,
  ): Promise<Computed>
}

/** Models are told by what they have: each bundle of this package has classes of its own. */
const isClassifier = (model: Servable): model is ZeroShotClassifier => 'probabilities' in model
const hasTexts = (model: ImageModel): model is ImageTextModel => 'embedText' in model

/** @throws ArgumentError for what is no model */
export async function offerOf(
  model: Servable,
  newCache: (model: ImageTextModel) => LabelCache,
): Promise<Offer> {
  if (typeof model !== 'object' || model === null || !('steps' in model)) {
    throw new ArgumentError(`A server needs models as load() gives them, not ${show(model)}.`)
  }
  const classifier = isClassifier(model) ? model : undefined
  const images = classifier ? classifier.steps.model : (model as ImageModel)
  if (!images.steps) throw new ArgumentError('A classifier must be made with a model of load().')
  const { config } = images
  const steps = await images.steps()
  const logits = classifier ? undefined : steps.shapeOf('logits')
  // A head for every token gives no probabilities of the image's classes.
  const hasClasses = classifier !== undefined || logits?.[0] === 1
  const outputs: OutputInfo[] = []
  if (logits) outputs.push({ name: 'logits', shape: withoutOne(logits) })
  const labels = classifier?.labels ?? images.labels
  if (hasClasses) {
    outputs.push({ name: 'probabilities', shape: [classifier?.labels.length ?? logits![1]] })
  }
  outputs.push({ name: 'embedding', shape: withoutOne(steps.shapeOf('features')!) })
  return {
    family: config.family,
    input: [...config.imageSize, config.channels],
    outputs,
    labels: hasClasses ? labels : undefined,
    multiLabel: classifier?.multiLabel ?? false,
    steps,
    texts: hasTexts(images) ? images : undefined,
    labelCache: hasTexts(images) ? newCache(images) : undefined,
    async compute(pixels, wanted, signal) {
      const names = stepsFor(wanted, classifier !== undefined)
      const { logits, features } = await steps.compute(names, pixels, { signal })
      return {
        ...(wanted.includes('logits') && { logits: logits! }),
        ...(wanted.includes('probabilities') && {
          probabilities: classifier ? classifier.steps.ofEmbedding(features!) : softmax(logits!),
        }),
        ...(wanted.includes('embedding') && { embedding: features! }),
      }
    },
  }
}

const withoutOne = ([rows, columns]: readonly [number, number]) =>
  rows === 1 ? [columns] : [rows, columns]

function stepsFor(wanted: readonly Wanted[], isZeroShot: boolean): StepOutput[] {
  const classes: StepOutput = isZeroShot ? 'features' : 'logits'
  const names = wanted.map((name) => (name === 'embedding' ? 'features' : classes))
  return (['logits', 'features'] as const).filter((name) => names.includes(name))
}
