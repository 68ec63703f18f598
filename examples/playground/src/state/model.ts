import { batch, computed, signal } from '@preact/signals'
import { proxy } from 'comlink'
import { engine, watched } from '../engine/client.ts'
import { type Loaded, type Progress, type Runtime, runtimes, type Source } from '../engine/types.ts'
import { announce } from './announce.ts'
import { refreshKept } from './kept.ts'

export interface Model {
  readonly source: Source
  readonly title: string
  readonly runtime: Runtime
  readonly loaded: Loaded
}

export interface Failure {
  readonly title: string
  readonly message: string
}

export const model = signal<Model | undefined>()
export const failure = signal<Failure | undefined>()

/** What is being loaded, and how far it is. */
export const opening = signal<
  { readonly title: string; readonly runtime: Runtime; readonly progress?: Progress } | undefined
>()

/** Undefined until it is known. */
export const hasGpu = signal<boolean | undefined>()
export const availableRuntimes = computed(() =>
  runtimes.filter((runtime) => runtime !== 'webgpu' || hasGpu.value === true),
)
void engine
  .then((one) => one.hasGpu())
  .then((has) => {
    hasGpu.value = has
  })

/** Median times of the current model in milliseconds. */
export const times = signal<ReadonlyMap<Runtime, number>>(new Map())

let latest = 0

/**
 * Loads a model and shows it; the last one that is asked for wins.
 * @returns whether it is there
 */
export async function open(
  source: Source,
  runtime: Runtime = model.peek()?.runtime ?? 'f32',
): Promise<boolean> {
  const mine = ++latest
  const title = titleOf(source)
  batch(() => {
    failure.value = undefined
    opening.value = { title, runtime }
  })
  const follow = (progress: Progress) => {
    if (mine === latest) opening.value = { title, runtime, progress }
  }
  try {
    const loaded = await watched((one) => one.open(source, runtime, proxy(follow)))
    if (mine !== latest) return false
    batch(() => {
      if (source !== model.peek()?.source) times.value = new Map()
      model.value = { source, title, runtime, loaded }
    })
    announce(`${title} is loaded.`)
    return true
  } catch (error) {
    if (mine === latest && !isEnded(error)) fail(`${title} can’t be loaded`, error)
    return false
  } finally {
    if (mine === latest) opening.value = undefined
  }
}

/** Loads a checkpoint file, and keeps it if it is one. */
export async function openFile(file: File): Promise<void> {
  if (!(await open({ kind: 'file', file }))) return
  const opened = model.peek()!
  const { title, runtime } = opened
  try {
    const follow = (progress: Progress) => {
      opening.value = { title, runtime, progress }
    }
    const { id } = await (await engine).keep(file, proxy(follow))
    if (model.peek() === opened) model.value = { ...opened, source: { kind: 'kept', id } }
    await refreshKept()
    announce(`${file.name} is kept in this browser.`)
  } catch (error) {
    fail(`${file.name} works, but this browser won’t keep it`, error)
  } finally {
    opening.value = undefined
  }
}

export async function cancelOpening(): Promise<void> {
  latest++
  opening.value = undefined
  await (await engine).cancel()
}

export function fail(title: string, error: unknown): void {
  failure.value = { title, message: error instanceof Error ? error.message : String(error) }
}

/** What ended because something else was asked for: it was aborted, or another model took its place. */
export const isEnded = (error: unknown) =>
  ['AbortError', 'DisposedError'].includes((error as Error | undefined)?.name ?? '')

export function titleOf(source: Source): string {
  switch (source.kind) {
    case 'embedded':
      return 'ViT-Ti/16'
    case 'published':
      return source.name
    case 'kept':
      return source.id.split(' ').slice(1).join(' ')
    case 'file':
      return source.file.name
  }
}
