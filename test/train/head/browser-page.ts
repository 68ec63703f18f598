import { load } from '../../../src/index.ts'
import { createHeadTrainer } from '../../../src/train/head/create.ts'

/** What a page learnt, and how long it could not answer meanwhile. */
export interface Learnt {
  readonly accuracy: number
  readonly threads: number
  /** Tasks of more than 50 ms of the page's thread, in milliseconds; undefined where browsers don't tell. */
  readonly longTasks: number[] | undefined
  readonly answers: Record<string, { label: string; probability: number }>
  readonly exported: Record<string, { label: string; probability: number }>
  readonly features: number
  readonly seconds: { readonly add: number; readonly train: number }
}

/**
 * Trains a head on squares cut out of photographs: a class for each photograph.
 * @param count squares of each photograph; one of 8 is not learnt from
 */
async function learn(
  urls: readonly string[],
  count: number,
  dtype: 'f32' | 'int8',
): Promise<Learnt> {
  const tasks: number[] = []
  const observes = PerformanceObserver.supportedEntryTypes.includes('longtask')
  const model = await (await fetch('/assets/vit-ti16-imagenet2012-224.safetensors')).arrayBuffer()
  const squares = (await Promise.all(urls.map((url) => squaresOf(url, count)))).flat()
  const trainer = await createHeadTrainer(model, { load: { dtype } })
  const observer = observes
    ? new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) tasks.push(duration)
      })
    : undefined
  const start = performance.now()
  observer?.observe({ entryTypes: ['longtask'] })
  const learnt = squares.filter(({ isHeldOut }) => !isHeldOut)
  for await (const { error } of trainer.addAll(learnt)) if (error) throw error
  const added = performance.now()
  let accuracy = 0
  for await (const { evaluation } of trainer.train()) accuracy = evaluation?.accuracy ?? accuracy
  const trained = performance.now()
  const asked = squares.filter(({ isHeldOut }) => isHeldOut)
  const answers: Learnt['answers'] = {}
  for (const { image, id } of asked) answers[id] = (await trainer.classify(image))[0]!
  // What is still to be told of comes in a task of its own.
  await new Promise((resolve) => setTimeout(resolve))
  for (const { duration } of observer?.takeRecords() ?? []) tasks.push(duration)
  observer?.disconnect()
  const features = (await trainer.save()).length
  const bytes = await trainer.export()
  const vit = await load(bytes)
  const exported: Learnt['exported'] = {}
  for (const { image, id } of asked) exported[id] = (await vit.classify(image))[0]!
  const threads = trainer.model.backend.threads.count
  vit.dispose()
  trainer.dispose()
  const seconds = { add: (added - start) / 1000, train: (trained - added) / 1000 }
  return {
    ...{ accuracy, threads, answers, exported, features, seconds },
    longTasks: observes ? tasks : undefined,
  }
}

/** Squares of a photograph from the left to the right and from the top to the bottom, as files. */
async function squaresOf(url: string, count: number) {
  const photograph = await createImageBitmap(await (await fetch(url)).blob())
  const side = Math.floor(Math.min(photograph.width, photograph.height) / 2)
  const label = url.slice(url.lastIndexOf('/') + 1)
  const columns = Math.ceil(Math.sqrt(count))
  const squares = []
  for (let i = 0; i < count; i++) {
    const left = ((photograph.width - side) * (i % columns)) / columns
    const top = ((photograph.height - side) * Math.floor(i / columns)) / columns
    const canvas = new OffscreenCanvas(side, side)
    canvas.getContext('2d')!.drawImage(photograph, -left, -top)
    const image = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 })
    squares.push({ image, label, id: `${label} ${i}`, isHeldOut: i % 8 === 5 })
  }
  photograph.close()
  return squares
}

const page = { learn }
export type HeadPage = typeof page

Object.assign(globalThis, { page })
