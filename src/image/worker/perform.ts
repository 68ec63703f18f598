import { allocate } from '../allocate.ts'
import { Turns } from '../turns.ts'
import { type Fit, isBitmap, type Job, type JobImage, type Result, runJob } from './job.ts'
import { workers } from './missing.ts'

/** Smaller images are decoded here faster than a worker could receive them. */
const LARGE = 2 ** 20

interface Performing {
  /** Whether the image may be transferred. */
  readonly own: boolean
  /** How many workers there may be for this job, whatever its size; by default one for large images. */
  readonly decoders?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a job for a large image in a worker; otherwise here, yielding to the event loop.
 *
 * @param pixels the number of stored pixels
 * @throws WorkerError if the worker died; what the job throws; the signal's reason
 */
export async function perform<F extends Fit | undefined>(
  job: Job<F>,
  pixels: number,
  { own, decoders, signal }: Performing,
): Promise<Result<F>> {
  const isHere = pixels <= LARGE && decoders === undefined
  if (isHere || workers.missing) return runJob(job, signal)
  // Copied before anything is waited for, since the caller may change its pixels.
  const sent = own ? job : { ...job, image: await copy(job.image, new Turns(signal)) }
  const { performInWorker } = await import('./pool.ts')
  signal?.throwIfAborted()
  return performInWorker(sent, pixels, () => runJob(sent, signal), signal, decoders)
}

async function copy(image: JobImage, turns: Turns): Promise<JobImage> {
  if (isBitmap(image)) return image
  if (image instanceof Uint8Array) return copyBytes(image, turns)
  const { width, height } = image
  return { width, height, data: await copyBytes(image.data, turns) }
}

/** Bytes copied at once; takes a millisecond or two. */
const PIECE = 2 ** 23

async function copyBytes(bytes: Uint8Array | Uint8ClampedArray, turns: Turns): Promise<Uint8Array> {
  const copied = allocate(bytes.length)
  for (let at = 0; at < bytes.length; at += PIECE) {
    copied.set(bytes.subarray(at, at + PIECE), at)
    await turns.take()
  }
  return copied
}
