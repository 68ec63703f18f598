import { effect, signal } from '@preact/signals'
import { engine } from '../../engine/client.ts'
import type { Learnt } from '../../engine/types.ts'
import { type Failure, type Model, model } from '../../state/model.ts'

/** What a model learnt, and of which model it is. */
export const learnt = signal<(Learnt & { readonly of: Model['source'] }) | undefined>()
export const problem = signal<Failure | undefined>()

let latest = 0

/** Reads it whenever the view is shown and there is another model. */
export const follow = () =>
  effect(() => {
    const current = model.value
    const mine = ++latest
    if (current && learnt.peek()?.of !== current.source) void read(current, () => mine === latest)
  })

async function read(current: Model, isCurrent: () => boolean): Promise<void> {
  problem.value = undefined
  learnt.value = undefined
  try {
    const found = await (await engine).learnt()
    if (isCurrent()) learnt.value = { ...found, of: current.source }
  } catch (error) {
    if (isCurrent()) {
      problem.value = { title: 'Its weights can’t be shown', message: (error as Error).message }
    }
  }
}
