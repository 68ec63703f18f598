import { train } from '../../src/train/train.ts'
import { startedWorkers } from '../started-workers.ts'

/** What came out of training all weights in a page's worker. */
export interface Trained {
  readonly losses: readonly number[]
  readonly accuracy: number
  readonly labels: readonly string[]
  readonly isolated: boolean
  /** How many workers the worker has started. */
  readonly started: number
  /** SHA-256 of the model's file, in base64. */
  readonly digest: string
  /** How often the page had a turn meanwhile. */
  readonly turns: number
}

interface Job {
  readonly model: ArrayBuffer
  readonly files: readonly { readonly path: string; readonly blob: Blob }[]
  readonly imageSize: number
  readonly totalSteps: number
  readonly batch: number
}

/** In a worker that the page has started. */
async function work({ model, files, ...options }: Job): Promise<Omit<Trained, 'turns'>> {
  const chosen = files.map(({ path, blob }) => {
    const file = new File([blob], path.slice(path.lastIndexOf('/') + 1))
    Object.defineProperty(file, 'webkitRelativePath', { value: path })
    return file
  })
  const training = train(model, chosen, {
    ...options,
    baseLr: 0.01,
    warmupSteps: 1,
    evalEvery: 0,
    augment: 'crop',
  })
  const losses: number[] = []
  for (;;) {
    const { value, done } = await training.next()
    if (done) {
      const hash = await crypto.subtle.digest('SHA-256', Uint8Array.from(value.model))
      const digest = btoa(String.fromCharCode(...new Uint8Array(hash)))
      const { accuracy } = value.test!
      return {
        losses,
        accuracy,
        labels: value.labels,
        isolated: crossOriginIsolated,
        started: startedWorkers(),
        digest,
      }
    }
    if (value.type === 'step') losses.push(value.loss)
  }
}

/** Trains on squares of photographs; a class for each. */
async function trainWhole(urls: readonly string[], options: Omit<Job, 'model' | 'files'>) {
  const model = await (await fetch('/assets/vit-ti16-imagenet2012-224.safetensors')).arrayBuffer()
  const files = (await Promise.all(urls.map(squaresOf))).flat()
  const worker = new Worker(import.meta.url, { type: 'module' })
  let turns = 0
  const clock = setInterval(() => turns++, 20)
  try {
    const result = await new Promise<Omit<Trained, 'turns'>>((resolve, reject) => {
      worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data))
      worker.onerror = ({ message }) => reject(new Error(message))
      worker.postMessage({ model, files, ...options }, [model])
    })
    return { ...result, turns }
  } finally {
    clearInterval(clock)
    worker.terminate()
  }
}

/** Sixteen squares, of which four are for tests. */
async function squaresOf(url: string): Promise<Job['files']> {
  const photograph = await createImageBitmap(await (await fetch(url)).blob())
  const label = url.slice(url.lastIndexOf('/') + 1).replace(/\..*/, '')
  const squares = []
  for (let i = 0; i < 16; i++) {
    const canvas = new OffscreenCanvas(120, 120)
    const left = ((photograph.width - 120) * (i % 4)) / 3
    const top = ((photograph.height - 120) * Math.floor(i / 4)) / 3
    canvas.getContext('2d')!.drawImage(photograph, -left, -top)
    const blob = await canvas.convertToBlob({ type: 'image/png' })
    squares.push({ path: `photos/${i % 4 === 2 ? 'test' : 'train'}/${label}/${i}.png`, blob })
  }
  photograph.close()
  return squares
}

const page = { trainWhole }
export type WholePage = typeof page

if ('document' in globalThis) Object.assign(globalThis, { page })
else {
  self.onmessage = async ({ data }) => {
    const answer = await work(data).catch((error: Error) => ({ error: error.stack }))
    self.postMessage(answer)
  }
}
