import { concurrentMap } from '../../concurrent-map.ts'
import { VitrineError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import type { ImageInput } from '../../image/image.ts'
import type { ImageModel } from '../../model/image-model.ts'
import { nameOfSource } from '../../platform/locator.ts'
import { noteEdge } from '../analysis/edge.ts'
import { complain, ExitCode } from '../exit.ts'
import { elapsed } from '../output.ts'
import { progressBar, progressText } from '../view/progress.ts'
import type { NamedImage } from './expand-name.ts'
import { findImages, type ImageFlags, readImage } from './images.ts'

/** The result of one image. */
export type Outcome<T> = Done<T> | Failed

export interface Done<T> {
  readonly image: string
  readonly value: T
  /** Milliseconds from start to end of this image, while others run beside it. */
  readonly ms: number
}

export interface Failed {
  readonly image: string
  readonly error: VitrineError
}

export interface EachOptions<M> {
  /** Whether each result is printed to stdout as soon as it is known. */
  readonly shown: boolean
  readonly signal: AbortSignal
  /** Loads the model, after all images were found; disposed at the end. */
  load(): Promise<M>
}

/**
 * Loads the model, runs `work` on every named image, and yields the results in the order of the
 * images; the model is disposed at the end. An image that fails is reported on stderr, and the others
 * continue.
 */
export async function* eachImage<T, M extends ImageModel<AnyConfig>>(
  names: readonly string[],
  flags: ImageFlags,
  { shown, signal, load }: EachOptions<M>,
  work: (model: M, image: ImageInput, signal: AbortSignal) => Promise<T>,
): AsyncGenerator<Outcome<T>, void, undefined> {
  const { total, images } = await findImages(names, flags, signal)
  const model = await load()
  // Results that appear on the terminal are progress enough.
  const quiet = total === 1 || (shown && process.stdout.isTTY)
  const bar = quiet ? undefined : await progressBar('images')
  try {
    await noteEdge(model.config)
    let done = 0
    const start = performance.now()
    bar?.update(done, total)
    const most = total === 1 ? 1 : 2 * model.backend.threads.count
    for await (const outcome of concurrentMap(images, most, signal, take)) {
      done++
      if ('error' in outcome) {
        bar?.stop()
        report(outcome)
      }
      yield outcome
      bar?.update(done, total, progressText(done, total, performance.now() - start))
    }
  } finally {
    bar?.stop()
    model.dispose()
  }

  async function take({ name, error }: NamedImage, stop: AbortSignal): Promise<Outcome<T>> {
    if (error) return { image: name, error }
    const start = performance.now()
    try {
      const value = await work(model, await readImage(name, stop), stop)
      return { image: name, value, ms: elapsed(start) }
    } catch (reason) {
      stop.throwIfAborted()
      if (reason instanceof VitrineError) return { image: name, error: reason }
      throw reason
    }
  }
}

function report({ image, error: { message, code } }: Failed): void {
  const name = image === '-' ? 'the standard input' : nameOfSource(image)
  // Errors of reading name the image already; errors of decoding don't.
  const named = (code === 'SOURCE' || code === 'LIMIT') && message.includes(name)
  complain(named ? message : `${name}: ${message}`, code)
  process.exitCode = ExitCode.failure
}

/** A failed image as JSON. */
export const failureOf = ({ image, error: { code, message } }: Failed) => ({
  image,
  error: { code, message },
})
