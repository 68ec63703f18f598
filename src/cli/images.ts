import { concurrentMap } from '../concurrent-map.ts'
import { VitrineError } from '../errors.ts'
import type { ImageInput } from '../image/image.ts'
import { nameOfSource } from '../platform/locator.ts'
import type { ViT } from '../vit.ts'
import { complain, ExitCode } from './exit.ts'
import { findImages, type ImageFlags, readImage } from './image-input.ts'
import type { NamedImage } from './image-names.ts'
import { loadModel, type ModelFlags } from './model-options.ts'
import { elapsed } from './output.ts'
import { formatSeconds, progressBar } from './progress.ts'
import { noteRemainder } from './remainder.ts'
import { formatCount } from './terminal.ts'

/** What became of one image. */
export type Outcome<T> = Done<T> | Failed

export interface Done<T> {
  readonly image: string
  readonly value: T
  /** Milliseconds from when it was begun, next to others, to when it was done. */
  readonly ms: number
}

export interface Failed {
  readonly image: string
  readonly error: VitrineError
}

export interface EachOptions {
  /** Whether results appear on stdout while they become known. */
  readonly shown: boolean
  readonly signal: AbortSignal
}

/**
 * Does something with every image that was named, and gives out what became of each, in their order.
 * One that fails is reported on stderr and does not keep the others from their turn. The model is
 * loaded for it and freed after it.
 */
export async function* eachImage<T>(
  words: readonly string[],
  flags: ModelFlags & ImageFlags,
  { shown, signal }: EachOptions,
  work: (vit: ViT, image: ImageInput, signal: AbortSignal) => Promise<T>,
): AsyncGenerator<Outcome<T>, void, undefined> {
  const { total, images } = await findImages(words, flags, signal)
  const vit = await loadModel(flags, signal)
  // On a terminal the results themselves show how far it is.
  const quiet = total === 1 || (shown && process.stdout.isTTY)
  const bar = quiet ? undefined : await progressBar('images')
  try {
    noteRemainder(vit.config)
    let done = 0
    const start = performance.now()
    bar?.update(done, total)
    const most = total === 1 ? 1 : 2 * vit.backend.threads.count
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
    vit.dispose()
  }

  async function take({ name, error }: NamedImage, stop: AbortSignal): Promise<Outcome<T>> {
    if (error) return { image: name, error }
    const start = performance.now()
    try {
      const value = await work(vit, await readImage(name, stop), stop)
      return { image: name, value, ms: elapsed(start) }
    } catch (reason) {
      stop.throwIfAborted()
      if (reason instanceof VitrineError) return { image: name, error: reason }
      throw reason
    }
  }
}

/** `  450 of 1,000, 12.3/s, 45 s left` */
function progressText(done: number, total: number | undefined, ms: number): string {
  const rate = (1000 * done) / ms
  const speed = `${rate < 100 ? rate.toPrecision(3) : rate.toFixed(0)}/s`
  if (total === undefined) return `  ${formatCount(done)}, ${speed}`
  const left = formatSeconds((total - done) / rate)
  return `  ${formatCount(done)} of ${formatCount(total)}, ${speed}, ${left} left`
}

function report({ image, error: { message, code } }: Failed): void {
  const name = image === '-' ? 'the standard input' : nameOfSource(image)
  // What can't be read is named by who reads it; a decoder knows no name.
  const named = (code === 'SOURCE' || code === 'LIMIT') && message.includes(name)
  complain(named ? message : `${name}: ${message}`, code)
  process.exitCode = ExitCode.failure
}

/** The error of an image as JSON has it. */
export const failureOf = ({ image, error: { code, message } }: Failed) => ({
  image,
  error: { code, message },
})
