import { type Found, foundIn } from '../../checkpoint/plan/found.ts'
import { official } from '../vit/names/official.ts'
import type { VitPublisher } from '../vit/names/publisher.ts'

/** The image tower of a file as a file of a plain ViT. */
export function foundImageTower({ file, stored }: Found): Found<VitPublisher> {
  const scope = 'img/'
  const inside = [...stored].filter(([name]) => name.startsWith(scope))
  const names = new Map(inside.map(([name, tensor]) => [name.slice(scope.length), tensor]))
  return { ...foundIn(file, { publisher: official, stored: names }), publisher: official }
}

/** The sizes that the tensors of the text tower show, by their names in the table. */
export function textSizes({ file, publisher, stored }: Found): Readonly<Record<string, number>> {
  const sizes: Record<string, number> = {}
  for (const [tensor, , shape] of publisher.tensors) {
    const found = file.tensors.get(stored.get(tensor.replace('#', '0')) ?? '')?.shape
    const sides = shape.split(' ')
    if (!tensor.startsWith('txt/') || found?.length !== sides.length) continue
    sides.forEach((side, axis) => {
      sizes[side] ??= found[axis]!
    })
  }
  return sizes
}
