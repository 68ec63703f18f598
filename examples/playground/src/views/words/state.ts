import { batch, computed, signal } from '@preact/signals'
import { engine } from '../../engine/client.ts'
import type { Judged, Loaded, Wording } from '../../engine/types.ts'
import { percentText } from '../../format.ts'
import { announce } from '../../state/announce.ts'
import { isEnded, model } from '../../state/model.ts'
import type { Subject } from '../view.ts'

/** What the visitor typed: a label a line. They are of the four example pictures at first. */
export const text = signal('a cat\na cup of coffee\na portrait\na rocket')
export const template = signal('a photo of {}')

/** What the picture was judged by, and what came of it. */
export const judged = signal<Judged | undefined>()
/** What the model does meanwhile, in words. */
export const task = signal<string | undefined>()
/** Why there is no answer. */
export const problem = signal<string | undefined>()
/** The vocabulary of a model that lies alone. */
export const vocabulary = signal<File | undefined>()

export const labels = computed(() => [
  ...new Set(
    text.value
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  ),
])

/** Does a label have a place in the sentence? */
export const hasPlace = computed(() => template.value.includes('{}'))

/** What is judged by now, or will be: the page may look again before the words are read. */
let used: { readonly loaded: Loaded; readonly ready: Promise<void> } | undefined
/** Words are read one after the other. */
let queue: Promise<void> = Promise.resolve()
let last: { readonly subject: Subject; readonly isCurrent: () => boolean } | undefined

export async function look(subject: Subject, isCurrent: () => boolean): Promise<void> {
  last = { subject, isCurrent }
  await judge(subject, isCurrent)
}

/** Judges the picture that is shown by what is typed now. */
export async function judgeAgain(): Promise<void> {
  used = undefined
  if (last?.isCurrent()) await judge(last.subject, last.isCurrent)
}

/** Takes the file of a vocabulary. */
export async function takeVocabulary(file: File): Promise<void> {
  vocabulary.value = file
  announce(`${file.name} is the vocabulary.`)
  await judgeAgain()
}

async function judge(subject: Subject, isCurrent: () => boolean): Promise<void> {
  const { loaded, source, runtime } = model.peek()!
  if (!loaded.knowsWords || labels.peek().length === 0 || !hasPlace.peek()) return
  const wording: Wording = { labels: labels.peek(), template: template.peek() }
  problem.value = undefined
  try {
    if (used?.loaded !== loaded) {
      // Beside published ones lies their own.
      const own = source.kind === 'published' ? undefined : vocabulary.peek()
      const ready = queue.then(async () => (await engine).useWords(source, runtime, wording, own))
      queue = ready.catch(() => {})
      used = { loaded, ready }
    }
    task.value = 'Reading the words…'
    const mine = used
    await mine.ready.catch((error) => {
      if (used === mine) used = undefined
      throw error
    })
    task.value = 'Looking…'
    const said = await (await engine).judge(await subject.take())
    if (!isCurrent()) return
    judged.value = said
    const [best] = said.labels
    if (best) announce(`${best.label}, ${percentText(best.probability)}`)
  } catch (error) {
    if (isEnded(error) || !isCurrent()) return
    batch(() => {
      judged.value = undefined
      problem.value = (error as Error).message
    })
  } finally {
    if (isCurrent()) task.value = undefined
  }
}
