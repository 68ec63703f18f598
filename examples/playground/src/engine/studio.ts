import type { LoadOptions } from 'vitrine'
import { createHeadTrainer, type HeadTrainer } from 'vitrine/train'
import { readProject, removeProject, writeProject } from './project.ts'
import { thumbnailOf } from './thumbnail.ts'
import type {
  Answer,
  Lesson,
  LessonPicture,
  Picture,
  Source,
  StudioPicture,
  StudioState,
} from './types.ts'

/** A head that is trained on the visitor's pictures: features, thumbnails, and where they are kept. */
export class Studio {
  readonly #trainer: HeadTrainer
  readonly #thumbnails: Map<string, Blob>
  readonly #source: Source
  #training: AbortController | undefined

  private constructor(trainer: HeadTrainer, source: Source, thumbnails: Map<string, Blob>) {
    this.#trainer = trainer
    this.#source = source
    this.#thumbnails = thumbnails
  }

  /** @param input what the source stands for */
  static async begin(
    source: Source,
    input: string | Blob | undefined,
    load: LoadOptions,
  ): Promise<Studio> {
    return new Studio(await createHeadTrainer(input, { load }), source, new Map())
  }

  /** Goes on with what the browser kept. @returns undefined if it kept nothing */
  static async resume(
    inputOf: (source: Source) => Promise<string | Blob | undefined>,
    load: LoadOptions,
  ): Promise<Studio | undefined> {
    const kept = await readProject()
    if (!kept) return undefined
    const { source, project, thumbnails } = kept
    const trainer = await createHeadTrainer(await inputOf(source), { load, project })
    return new Studio(trainer, source, thumbnails)
  }

  state(): StudioState {
    const { labels, trainedLabels, examples, model } = this.#trainer
    return {
      source: this.#source,
      featureBytes: 4 * model.config.width,
      classes: labels.map((label) => ({
        label,
        pictures: examples.flatMap((one) => (one.label === label ? this.#shown(one.id) : [])),
      })),
      isTrained: trainedLabels !== undefined,
    }
  }

  /**
   * Adds pictures, and keeps what was learnt of them.
   * @param onPicture is told of each, in order
   */
  async learn(
    pictures: readonly LessonPicture[],
    onPicture: (done: number, failed: string | undefined) => void,
  ): Promise<void> {
    const samples = pictures.map(({ id, label, picture }) => ({ id, label, image: picture }))
    let done = 0
    for await (const { id, error } of this.#trainer.addAll(samples)) {
      const { picture } = pictures[done]!
      if (!error) this.#thumbnails.set(id, await thumbnailOf(picture))
      release(picture)
      done++
      onPicture(done, error && `${id}: ${error.message}`)
    }
    await this.#keep()
  }

  async remove(id: string): Promise<void> {
    this.#trainer.remove(id)
    this.#thumbnails.delete(id)
    await this.#keep()
  }

  async removeClass(label: string): Promise<void> {
    for (const { id, label: own } of this.#trainer.examples) {
      if (own === label) this.#thumbnails.delete(id)
    }
    this.#trainer.removeLabel(label)
    await this.#keep()
  }

  /** Trains on all pictures, from the beginning. @param onLesson is told of updates, some ten times a second */
  async train(onLesson: (lesson: Lesson) => void): Promise<void> {
    this.#training?.abort()
    const training = new AbortController()
    this.#training = training
    const { signal } = training
    for await (const { step, totalSteps, loss, evaluation } of this.#trainer.train({ signal })) {
      if (!evaluation) continue
      const { pictures, accuracy, confusion, mistakes } = evaluation
      onLesson({
        ...{ step, totalSteps, loss, pictures, accuracy, confusion },
        labels: this.#trainer.trainedLabels!,
        mistakes: mistakes
          .slice(0, 12)
          .flatMap(({ name, label, predicted, probability }) =>
            this.#shown(name).map((picture) => ({ ...picture, label, predicted, probability })),
          ),
      })
    }
    await this.#keep()
  }

  stop(): void {
    this.#training?.abort()
  }

  async classify(picture: Picture): Promise<Answer> {
    const start = performance.now()
    const predictions = await this.#trainer.classify(picture).finally(() => release(picture))
    return { predictions, milliseconds: performance.now() - start }
  }

  /** The model with its new head, as a safetensors file. */
  async export(): Promise<Blob> {
    const bytes = await this.#trainer.export()
    return new Blob([Uint8Array.from(bytes)], { type: 'application/octet-stream' })
  }

  /** Forgets everything. */
  async forget(): Promise<void> {
    this.stop()
    this.#trainer.dispose()
    await removeProject()
  }

  /** A file that is not kept by itself is gone with the page, and so is what is made of it. */
  async #keep(): Promise<void> {
    if (this.#source.kind === 'file') return
    const project = await this.#trainer.save()
    await writeProject({ source: this.#source, project, thumbnails: this.#thumbnails })
  }

  #shown(id: string): StudioPicture[] {
    const thumbnail = this.#thumbnails.get(id)
    return thumbnail ? [{ id, thumbnail }] : []
  }
}

/** Frames of a camera come faster than garbage is collected. */
function release(picture: Picture): void {
  if (!(picture instanceof Blob)) picture.close()
}
