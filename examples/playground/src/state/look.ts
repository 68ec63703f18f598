import { effect, type ReadonlySignal, signal, untracked } from '@preact/signals'
import { transfer } from 'comlink'
import { engine } from '../engine/client.ts'
import type { Answer } from '../engine/types.ts'
import { percentText } from '../format.ts'
import type { View } from '../views/view.ts'
import { announce } from './announce.ts'
import { camera, nextFrame } from './camera.ts'
import { fail, isAbort, model, times } from './model.ts'
import { chosen, type Shown } from './pictures.ts'

/** What the model says of the picture that is shown. */
export const answer = signal<Answer | undefined>()

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
    if (!isReady) return
    const look = () =>
      stream ? lookThroughCamera(current, isCurrent) : lookAt(picture, current, isCurrent)
    looking = untracked(look).catch((error) => {
      if (isCurrent() && !isAbort(error)) fail('This picture can’t be shown to the model', error)
    })
  })
}

async function lookAt(picture: Shown, view: View, isCurrent: () => boolean): Promise<void> {
  const blob = await picture.blob()
  if (!isCurrent()) return
  if (model.peek()!.loaded.classifies) {
    const said = await (await engine).classify(blob)
    if (!isCurrent()) return
    answer.value = said
    const [best] = said.predictions
    if (best) announce(`${best.label}, ${percentText(best.probability)}`)
  } else answer.value = undefined
  await view.look?.(async () => blob, isCurrent)
  if (!isCurrent()) return
  const { runtime, loaded } = model.peek()!
  if (times.peek().has(runtime) || !loaded.classifies) return
  const median = await (await engine).measure(blob)
  if (median !== undefined && isCurrent()) times.value = new Map(times.peek()).set(runtime, median)
}

/** Frame after frame, as fast as they are understood. */
async function lookThroughCamera(view: View, isCurrent: () => boolean): Promise<void> {
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
    await view.look?.(take, isCurrent)
    frame.close()
  }
}
