import { effect, type ReadonlySignal, signal, untracked } from '@preact/signals'
import { transfer } from 'comlink'
import { engine } from '../engine/client.ts'
import type { Answer, Loaded } from '../engine/types.ts'
import { percentText } from '../format.ts'
import type { Subject, View } from '../views/view.ts'
import { announce } from './announce.ts'
import { camera, nextFrame } from './camera.ts'
import { fail, isEnded, model, times } from './model.ts'
import { chosen, type Shown } from './pictures.ts'

/** What the model says of the picture that is shown. */
export const answer = signal<Answer | undefined>()

/** Whether the answer is of another picture or model than the one that is shown. */
export const isStale = signal(false)

/** Ends when all that the page shows of the picture is computed and timed. */
export let looking: Promise<void> = Promise.resolve()

let turn = 0

/** Looks at every picture and frame that is shown, with every model, as the view of the moment does. */
export function startLooking(view: ReadonlySignal<View>): void {
  effect(() => {
    const isReady = model.value !== undefined
    const [current, picture, stream] = [view.value, chosen.value, camera.value]
    const mine = ++turn
    const isCurrent = () => mine === turn
    // A view without the picture has the camera for itself.
    if (!isReady || (stream && !current.showsPicture)) return
    const look = () =>
      stream ? lookThroughCamera(current, isCurrent) : lookAt(picture, current, isCurrent)
    looking = untracked(look).catch((error) => {
      if (!isCurrent() || isEnded(error)) return
      answer.value = undefined
      fail('This picture can’t be shown to the model', error)
    })
  })
}

let subject: (Subject & { readonly loaded: Loaded; readonly picture: Shown }) | undefined
let answered: Subject | undefined

/** The same as before, while picture and model are. */
function subjectOf(picture: Shown): Subject {
  const { loaded } = model.peek()!
  if (subject?.loaded !== loaded || subject.picture !== picture) {
    subject = { loaded, picture, take: picture.blob }
  }
  return subject
}

async function lookAt(picture: Shown, view: View, isCurrent: () => boolean): Promise<void> {
  const subject = subjectOf(picture)
  const { runtime, loaded } = model.peek()!
  isStale.value = true
  if (!loaded.classifies) answer.value = undefined
  else if (answered !== subject) {
    const said = await (await engine).classify(await subject.take())
    if (!isCurrent()) return
    answered = subject
    answer.value = said
    const [best] = said.predictions
    if (best) announce(`${best.label}, ${percentText(best.probability)}`)
  }
  await view.look?.(subject, isCurrent)
  if (!isCurrent()) return
  isStale.value = false
  if (times.peek().has(runtime) || !loaded.classifies) return
  const median = await (await engine).measure(await subject.take())
  if (median !== undefined && isCurrent()) times.value = new Map(times.peek()).set(runtime, median)
}

/** Frame after frame, as fast as they are understood. */
async function lookThroughCamera(view: View, isCurrent: () => boolean): Promise<void> {
  answered = undefined
  isStale.value = false
  while (isCurrent()) {
    const frame = await nextFrame()
    if (!frame) return
    const take = async () => {
      const copy = await createImageBitmap(frame)
      return transfer(copy, [copy])
    }
    if (model.peek()!.loaded.classifies) {
      const said = await (await engine).classify(await take())
      if (!isCurrent()) return
      answer.value = said
    }
    await view.look?.({ take }, isCurrent)
    frame.close()
  }
}
