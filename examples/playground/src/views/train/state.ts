import { batch, computed, signal } from '@preact/signals'
import { proxy, type Remote } from 'comlink'
import { engine } from '../../engine/client.ts'
import type { Studio } from '../../engine/studio.ts'
import type { Answer, Lesson, LessonPicture, StudioState } from '../../engine/types.ts'
import { percentText } from '../../format.ts'
import { announce } from '../../state/announce.ts'
import { camera, nextFrame } from '../../state/camera.ts'
import { fail, isEnded, model, openFile, titleOf } from '../../state/model.ts'

/** A picture as the page shows it. */
export interface Shown {
  readonly id: string
  readonly url: string
}

export interface Class {
  readonly label: string
  readonly pictures: readonly Shown[]
}

/** Classes of which there is no picture yet. */
const empty = signal<readonly string[]>([])
const known = signal<StudioState | undefined>()
const urls = new Map<string, string>()

export const classes = computed<readonly Class[]>(() => {
  const filled = known.value?.classes ?? []
  const others = empty.value.filter((label) => !filled.some((one) => one.label === label))
  return [
    ...filled.map(({ label, pictures }) => ({
      label,
      pictures: pictures.map(({ id, thumbnail }) => ({ id, url: urlOf(id, thumbnail) })),
    })),
    ...others.map((label) => ({ label, pictures: [] })),
  ]
})

/** The model that the head is for. */
export const base = computed(() =>
  known.value ? titleOf(known.value.source) : (model.value?.title ?? ''),
)
export const featureBytes = computed(() => known.value?.featureBytes)
export const isTrained = computed(() => known.value?.isTrained === true)
export const canTrain = computed(
  () => classes.value.filter(({ pictures }) => pictures.length > 0).length > 1,
)

/** What the worker does. */
export const task = signal<
  | { readonly kind: 'open' | 'train' | 'export' }
  | { readonly kind: 'learn'; readonly done: number; readonly total: number }
  | undefined
>()
/** Pictures that could not be read. */
export const failures = signal<readonly string[]>([])
export const lesson = signal<Lesson | undefined>()
/** The accuracy after each evaluation of the last training. */
export const curve = signal<readonly number[]>([])
export const tried = signal<
  { readonly url: string; readonly name: string; readonly answer?: Answer } | undefined
>()

let studio: Promise<Remote<Studio>> | undefined
let isLookedFor = false

/** Brings back what an earlier visit taught, once. */
export async function resume(): Promise<void> {
  if (isLookedFor || studio) return
  isLookedFor = true
  try {
    task.value = { kind: 'open' }
    const kept = await (await engine).keptStudio(model.peek()?.runtime ?? 'f32')
    if (!kept || studio) return
    studio = Promise.resolve(kept as unknown as Remote<Studio>)
    await refresh()
  } catch (error) {
    fail('What you taught before can’t be brought back', error)
  } finally {
    task.value = undefined
  }
}

function opened(): Promise<Remote<Studio>> {
  const { source, runtime } = model.peek() ?? { source: { kind: 'embedded' }, runtime: 'f32' }
  studio ??= engine.then(
    async (one) =>
      (await one.studio(source as never, runtime as never)) as unknown as Remote<Studio>,
  )
  studio.catch(() => {
    studio = undefined
  })
  return studio
}

export function addClass(label: string): void {
  if (classes.peek().some((one) => one.label === label)) return
  empty.value = [...empty.peek(), label]
  announce(`The class ${label} was added.`)
}

/** A name for pictures that come without one. */
export function freeLabel(): string {
  for (let i = 1; ; i++) {
    const label = `class ${i}`
    if (!classes.peek().some((one) => one.label === label)) return label
  }
}

export async function learn(pictures: readonly LessonPicture[]): Promise<void> {
  if (pictures.length === 0) {
    fail('Nothing was added', new Error('There are no pictures in what you gave.'))
    return
  }
  if (task.peek()) return
  failures.value = []
  await working({ kind: 'learn', done: 0, total: pictures.length }, async (one) => {
    const total = pictures.length
    await one.learn(
      pictures,
      proxy((done: number, failed: string | undefined) => {
        task.value = { kind: 'learn', done, total }
        if (failed) failures.value = [...failures.peek(), failed]
      }),
    )
    announce(total === 1 ? 'A picture was added.' : `${total} pictures were added.`)
  })
}

export const removePicture = (id: string): Promise<void> =>
  working(undefined, (one) => one.remove(id))

export async function removeClass(label: string): Promise<void> {
  empty.value = empty.peek().filter((one) => one !== label)
  if (studio) await working(undefined, (one) => one.removeClass(label))
}

export async function train(): Promise<void> {
  for (const label of empty.peek()) {
    const isEmpty = classes.peek().some((one) => one.label === label && one.pictures.length === 0)
    if (isEmpty) await removeClass(label)
  }
  curve.value = []
  await working({ kind: 'train' }, async (one) => {
    await one.train(
      proxy((news: Lesson) => {
        batch(() => {
          lesson.value = news
          curve.value = [...curve.peek(), news.accuracy]
        })
      }),
    )
    const { pictures, accuracy } = lesson.peek()!
    announce(
      pictures > 0
        ? `Trained. ${percentText(accuracy)} of the pictures that were held out are right.`
        : 'Trained.',
    )
    const current = tried.peek()
    if (current) await tryPicture(await (await fetch(current.url)).blob(), current.name)
  })
}

export async function tryPicture(picture: Blob, name: string): Promise<void> {
  const before = tried.peek()
  const url = URL.createObjectURL(picture)
  tried.value = { url, name }
  if (before) URL.revokeObjectURL(before.url)
  try {
    const answer = await (await opened()).classify(picture)
    if (tried.peek()?.url !== url) return
    tried.value = { url, name, answer }
    const [best] = answer.predictions
    announce(`${best!.label}, ${percentText(best!.probability)}`)
  } catch (error) {
    if (!isEnded(error)) fail(`${name} can’t be shown to the model`, error)
  }
}

/** Adds what the camera sees now. */
export async function takePicture(label: string): Promise<void> {
  const picture = await nextFrame().catch((error) => fail('The picture can’t be taken', error))
  if (picture) await learn([{ id: `${label}/camera ${Date.now()}`, label, picture }])
}

/** What it takes the camera's pictures for. */
export const seen = signal<Answer | undefined>()

/** Classifies frame after frame while the camera is on. */
export async function watchCamera(isCurrent: () => boolean): Promise<void> {
  try {
    while (isCurrent() && camera.peek()) {
      const frame = await nextFrame()
      if (!frame) break
      seen.value = await (await opened()).classify(frame)
      frame.close()
    }
  } catch (error) {
    if (!isEnded(error)) fail('The camera’s pictures can’t be shown to the model', error)
  }
  seen.value = undefined
}

/** Hands the model to the visitor. */
export const download = (): Promise<void> =>
  working({ kind: 'export' }, async (one) => {
    const url = URL.createObjectURL(await one.export())
    const link = document.createElement('a')
    link.href = url
    link.download = fileName()
    link.click()
    // The download has begun when the browser comes back.
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  })

/** Makes it the model of the other views. */
export const useEverywhere = (): Promise<void> =>
  working({ kind: 'export' }, async (one) => {
    await openFile(new File([await one.export()], fileName()))
    location.hash = '#classify'
  })

const fileName = () =>
  `${classes
    .peek()
    .map(({ label }) => label)
    .join('-')
    .replace(/[^\p{L}\p{N}-]+/gu, '_')
    .slice(0, 40)}.safetensors`

export async function forget(): Promise<void> {
  const old = studio
  studio = undefined
  for (const url of urls.values()) URL.revokeObjectURL(url)
  urls.clear()
  batch(() => {
    known.value = undefined
    empty.value = []
    lesson.value = undefined
    curve.value = []
    tried.value = undefined
    failures.value = []
  })
  await (await old)?.forget()
  announce('Everything was forgotten.')
}

async function working(
  what: typeof task.value,
  work: (one: Remote<Studio>) => Promise<unknown>,
): Promise<void> {
  try {
    task.value = what
    await work(await opened())
    await refresh()
  } catch (error) {
    if (!isEnded(error)) fail('That did not work', error)
  } finally {
    task.value = undefined
  }
}

async function refresh(): Promise<void> {
  if (studio) known.value = await (await studio).state()
}

function urlOf(id: string, thumbnail: Blob): string {
  const url = urls.get(id) ?? URL.createObjectURL(thumbnail)
  urls.set(id, url)
  return url
}
