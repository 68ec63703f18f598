import { checkHeader, type DecodeOptions } from '../decode.ts'
import type { RGBImage } from '../image.ts'
import { type Draw, type DrawnImage, type Job, runJob } from './job.ts'
import { workers } from './missing.ts'
import { performInWorker } from './pool.ts'

export interface DrawOptions extends Omit<DecodeOptions, 'decoder'> {
  /** How many workers of this process may decode and change images; with 0 the caller's thread does. */
  readonly workers: number
}

/**
 * Decodes an image and changes it at random, as training takes it, ahead of its use: in a worker where there are some,
 * whatever its size, since the caller's thread may have to compute. The bits are the same everywhere.
 * @param image an encoded file, or pixels; both stay the caller's
 * @throws what `decodeImage` throws, WorkerError if the worker died, the signal's reason
 */
export async function drawImage(
  image: Uint8Array | RGBImage,
  draw: Draw,
  { workers: most, signal, ...options }: DrawOptions,
): Promise<DrawnImage> {
  signal?.throwIfAborted()
  const job: Job<Draw> = { ...options, image, fit: draw }
  if (most === 0 || workers.missing) return runJob(job, signal)
  const { width, height } =
    image instanceof Uint8Array ? await checkHeader(image, options.maxPixels) : image
  signal?.throwIfAborted()
  // A copy is sent, since a file's bytes may be a part of much more.
  const sent =
    image instanceof Uint8Array ? image.slice() : { width, height, data: image.data.slice() }
  return performInWorker({ ...job, image: sent }, width * height, signal, most)
}
