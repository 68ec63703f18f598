import { CheckpointError } from '../../errors.ts'
import type { Found } from './found.ts'

export interface SizesInFile {
  /** Slots of which the file has a tensor. */
  readonly present: ReadonlySet<string>
  /** The sizes that shapes of the publisher's table are made of. The first tensor that shows one decides. */
  readonly sizes: Readonly<Record<string, number | undefined>>
}

/** What the shapes of a file show; of blocks, those of the first one. */
export function sizesIn({ file, publisher, stored }: Found): SizesInFile {
  const present = new Set<string>()
  const sizes: Record<string, number> = {}
  for (const [tensor, slot, shape] of publisher.tensors) {
    const name = stored.get(tensor.replace('#', '0'))
    if (name === undefined) continue
    present.add(slot)
    const found = file.tensors.get(name)!.shape
    const sides = shape.split(' ')
    if (found.length !== sides.length) continue
    sides.forEach((side, axis) => {
      sizes[side] ??= found[axis]!
    })
  }
  return { present, sizes }
}

/**
 * The number of blocks: one more than the largest number of one.
 * @throws CheckpointError where it is larger than any file of so many tensors can have
 */
export function countBlocks({ file, publisher, stored }: Found): number {
  const numbered = publisher.tensors.filter(([tensor]) => tensor.includes('#'))
  const beginnings = new Set(numbered.map(([tensor]) => tensor.slice(0, tensor.indexOf('#'))))
  let blocks = 0
  for (const name of stored.keys()) {
    for (const beginning of beginnings) {
      if (!name.startsWith(beginning)) continue
      const number = /^\d+(?=[./])/.exec(name.slice(beginning.length))?.[0]
      if (number !== undefined) blocks = Math.max(blocks, Number(number) + 1)
    }
  }
  if (blocks > file.tensors.size) {
    throw new CheckpointError(
      `${file.name} has a block of the number ${blocks - 1}, but only ${file.tensors.size} tensors.`,
    )
  }
  return blocks
}
