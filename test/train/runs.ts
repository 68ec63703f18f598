import { joinBytes } from '../../src/bytes/join.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { encodePNG } from '../../src/image/encode.ts'
import type { TrainEvent, TrainResult } from '../../src/train/events.ts'
import type { TrainOptions } from '../../src/train/options.ts'
import { recordKey, type TrainingRecord } from '../../src/train/record.ts'
import { train } from '../../src/train/train.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { random } from '../random.ts'
import type { Bytes, Contents } from './data/made.ts'

/** Noise that is mostly red or mostly blue. */
export async function picture(colour: 'red' | 'blue', seed: number): Promise<Bytes> {
  const next = random(seed)
  const data = new Uint8Array(14 * 10 * 3).map((_, i) => {
    const strong = i % 3 === (colour === 'red' ? 0 : 2)
    return Math.floor(next() * 80 + (strong ? 150 : 20))
  })
  return Uint8Array.from(await encodePNG({ width: 14, height: 10, data }))
}

export async function pictures(count: number): Promise<Contents> {
  const files: Record<string, Bytes> = {}
  for (let i = 0; i < count; i++) {
    for (const colour of ['red', 'blue'] as const) {
      files[`train/${colour}/${i}.png`] = await picture(colour, i)
      if (i < 4) files[`test/${colour}/${i}.png`] = await picture(colour, 1000 + i)
    }
  }
  return files
}

export const checkpoint = await asSafetensors(tensorsOf(timm, smallConfig))

export const options = {
  totalSteps: 40,
  batch: 6,
  baseLr: 0.1,
  warmupSteps: 2,
  evalEvery: 20,
  augment: 'crop',
  load: { backend: 'reference', config: { heads: 2 } },
  onNotice() {},
} as const

/** A run to its end, with the states that it saved and the models that it evaluated. */
export async function run(folder: string, more: TrainOptions = {}) {
  const events: TrainEvent[] = []
  const states: Saved[] = []
  const models: Saved[] = []
  const training = train(checkpoint, folder, { ...options, ...more })
  for (;;) {
    const { value, done } = await training.next()
    if (done) return { events, states, models, result: value as TrainResult }
    const event = value as TrainEvent
    events.push(event)
    if (event.type === 'checkpoint') {
      states.push({ step: event.step, bytes: await bytesOf(event.state) })
    }
    if (event.type === 'evaluation') {
      models.push({ step: event.step, bytes: await bytesOf(event.model) })
    }
  }
}

interface Saved {
  readonly step: number
  readonly bytes: Uint8Array
}

export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return joinBytes(all)
}

/** The losses of a run, by update. */
export const losses = (events: readonly TrainEvent[]): Map<number, number> =>
  new Map(events.flatMap((event) => (event.type === 'step' ? [[event.step, event.loss]] : [])))

/** How a model that came out was trained, and its tensors. */
export async function readModel(bytes: Uint8Array) {
  const file = await openCheckpoint(bytes)
  const record = JSON.parse(file.metadata[recordKey]!) as TrainingRecord
  const tensors: Record<string, number[]> = {}
  for (const name of file.tensors.keys()) {
    tensors[name] = []
    for await (const part of file.read(name)) tensors[name].push(...part)
  }
  await file.close()
  return { record, tensors }
}
