import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { peakBytes } from '../engine/peak-bytes.ts'
import type { Place } from '../engine/peer.ts'

/** What every engine trains: all weights, by SGD with momentum 0.9, on one batch of pictures of 224 px. */
export interface Task {
  readonly variant: string
  readonly threads: number
  readonly batch: number
  /** Where the engine's packages lie. */
  readonly packages: string
}

export const CLASSES = 1000
export const LEARNING_RATE = 1e-3

/** The class of each picture of the batch. */
export const classOf = (picture: number): number => (picture * 37) % CLASSES

export const readTask = (): Task => JSON.parse(process.argv[2]!)

export const placeOf = ({ packages }: Task): Place => ({
  runtime: 'node',
  module: (path) => import(pathToFileURL(`${packages}/${path}`).href),
  asset: (path) => `${packages}/${path}`,
  file: (name) => name,
  read: () => Promise.reject(new Error('There are no files of the model.')),
})

/**
 * Answers each line of the input with the loss of a step and its milliseconds, as `with_torch.py` does too. Says first what
 * computes, and at the end the peak memory of the process.
 */
export async function serve(description: string, step: () => Promise<number>): Promise<void> {
  const tell = (data: object) => console.log(JSON.stringify(data))
  tell({ description })
  for await (const _ of createInterface({ input: process.stdin })) {
    const start = performance.now()
    const loss = await step()
    tell({ loss, milliseconds: performance.now() - start, peak: peakBytes() })
  }
  process.exit()
}
