import { batch, computed, signal } from '@preact/signals'
import { engine } from '../../engine/client.ts'
import type { Attention } from '../../engine/types.ts'
import type { Subject } from '../view.ts'

/** A layer's head, or the mean of its heads, or the rollout over all layers. */
export type Selection =
  | { readonly kind: 'rollout' }
  | { readonly kind: 'map'; readonly layer: number; readonly head: number | 'mean' }

export const attention = signal<Attention | undefined>()
/** How far each head looks, `[layers, heads]` in pixels of the input. */
export const distances = signal<Float32Array>(new Float32Array())

export const selection = signal<Selection>({ kind: 'rollout' })

/** The patch that attends; undefined for the class token. */
export const patch = signal<number | undefined>()

let seen: Subject | undefined

export async function look(subject: Subject, isCurrent: () => boolean): Promise<void> {
  if (seen === subject) return
  const found = await (await engine).attention(await subject.take())
  if (!isCurrent()) return
  seen = subject
  const [rows, columns] = found.attention.grid
  const from = patch.peek()
  batch(() => {
    attention.value = found.attention
    distances.value = found.distances
    if (from !== undefined && from >= rows * columns) patch.value = undefined
  })
  if (patch.peek() !== undefined) await attendFrom(from)
}

let latest = 0

/** Shows what a patch attends to, or the class token. */
export async function attendFrom(from: number | undefined): Promise<void> {
  const mine = ++latest
  const { layers } = attention.peek() ?? {}
  batch(() => {
    patch.value = from
    if (from !== undefined && selection.peek().kind === 'rollout' && layers !== undefined) {
      selection.value = { kind: 'map', layer: layers - 1, head: 'mean' }
    }
  })
  const found = await (await engine).attend(from)
  if (found && mine === latest) attention.value = found
}

/** The map of a selection, `[rows, columns]`. */
export function mapOf(
  { heads, grid, maps, rollout }: Attention,
  selected: Selection,
): Float32Array {
  if (selected.kind === 'rollout') return rollout
  const { layer, head } = selected
  const size = grid[0] * grid[1]
  const of = (one: number) =>
    maps.subarray((layer * heads + one) * size, (layer * heads + one + 1) * size)
  if (head !== 'mean') return of(head)
  const mean = new Float32Array(size)
  for (let one = 0; one < heads; one++) {
    of(one).forEach((value, i) => {
      mean[i]! += value / heads
    })
  }
  return mean
}

/** A model with fewer layers or heads shows its last ones. */
export const shown = computed((): Selection => {
  const [found, selected] = [attention.value, selection.value]
  if (!found || selected.kind === 'rollout') return selected
  const { layer, head } = selected
  return {
    kind: 'map',
    layer: Math.min(layer, found.layers - 1),
    head: head === 'mean' ? head : Math.min(head, found.heads - 1),
  }
})
