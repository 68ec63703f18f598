import { crc32 } from '../../bytes/crc32.ts'
import { type Split, subset } from './dataset.ts'

/** How validation pictures are taken from the training pictures. */
export type HoldOut = 'last' | 'stratified'

const encoder = new TextEncoder()

/**
 * Divides training pictures into those that are trained on and those that are held out, the same every time.
 *
 * - `last`: the last ones, as the release does; for data sets whose order is random
 * - `stratified`: the same share of each class, chosen by the pictures' names, so that pictures which are added later
 *   change little. A class of at least three pictures gives one.
 *
 * @param share from 0 to less than 1
 */
export function holdOut(
  split: Split,
  share: number,
  how: HoldOut,
): { readonly train: Split; readonly validation: Split } {
  const held = how === 'last' ? lastOf(split, share) : ofEachClass(split, share)
  const isHeld = new Uint8Array(split.size)
  for (const place of held) isHeld[place] = 1
  const kept: number[] = []
  for (let place = 0; place < split.size; place++) if (!isHeld[place]) kept.push(place)
  return {
    train: held.length === 0 ? split : subset(split, Uint32Array.from(kept)),
    validation: subset(split, Uint32Array.from(held)),
  }
}

function lastOf({ size }: Split, share: number): number[] {
  const first = size - Math.floor(size * share)
  return Array.from({ length: size - first }, (_, i) => first + i)
}

function ofEachClass(split: Split, share: number): number[] {
  const classes = new Map<number, { place: number; hash: number }[]>()
  for (let place = 0; place < split.size; place++) {
    const label = split.label(place)
    const members = classes.get(label) ?? []
    if (members.length === 0) classes.set(label, members)
    members.push({ place, hash: crc32(encoder.encode(split.name(place))) })
  }
  const held: number[] = []
  for (const members of classes.values()) {
    const least = share > 0 && members.length > 2 ? 1 : 0
    const count = Math.max(least, Math.round(members.length * share))
    members.sort((a, b) => a.hash - b.hash || a.place - b.place)
    for (const { place } of members.slice(0, count)) held.push(place)
  }
  return held.sort((a, b) => a - b)
}
