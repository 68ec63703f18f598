import { type Found, foundIn } from '../../checkpoint/plan/found.ts'
import type { Publisher, TensorRow } from '../../checkpoint/plan/publisher.ts'
import { isTextSlot } from './slots.ts'

/** A file of which only one tower's names are known; the text tower's slots without `text.`. */
function only(found: Found, rows: readonly TensorRow[]): Found {
  const { file, stored } = found
  const publisher: Publisher = { ...found.publisher, tensors: rows }
  return { ...foundIn(file, { publisher, stored }), publisher }
}

export const foundImageTower = (found: Found): Found =>
  only(
    found,
    found.publisher.tensors.filter(([, slot]) => !isTextSlot(slot)),
  )

export const foundTextTower = (found: Found): Found =>
  only(
    found,
    found.publisher.tensors.flatMap(([name, slot, shape]): TensorRow[] =>
      slot.startsWith('text.') ? [[name, slot.slice('text.'.length), shape]] : [],
    ),
  )

/** Sizes of the text tower, in shapes, begin with a t, so that those of the image tower keep their names. */
export const textShape = (shape: string) =>
  shape
    .split(' ')
    .map((side) => (Number(side) > 0 ? side : `t${side}`))
    .join(' ')
