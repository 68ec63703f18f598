/** The sizes that the shapes of a table are made of, by their names there. */
export type Sizes = Readonly<Record<string, number>>

/** `'1 P D'` in numbers. */
export function shapeOf(shape: string, sizes: Sizes): number[] {
  return shape.split(' ').map((side) => sizes[side] ?? Number(side))
}
