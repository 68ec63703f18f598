import { ArgumentError } from '../../errors.ts'
import type { Writer } from '../ops/operation.ts'
import { type Rope, ropeOperation } from '../ops/rope.ts'
import type { ValueId } from '../values.ts'

export interface RopeOptions {
  /** The name of the table, a weight `[rows - from, head width]`; see `Rope`. Layers may share it. */
  table: string
  heads: number
  /** The first row that is rotated; 0 unless given. */
  from?: number
  /** The columns that are rotated: of keys and values, those of the keys. All unless given. */
  width?: number
}

/**
 * The shape of its input.
 * @throws ArgumentError where the columns can't be divided among the heads, where the head width is no multiple of 4,
 *   or where there is no row `from`
 */
export function rope(
  net: Writer<Rope>,
  name: string,
  input: ValueId,
  { table, heads, from = 0, width = net.shape(input)[1] }: RopeOptions,
): ValueId {
  const [rows, columns] = net.shape(input)
  if (width < 1 || width > columns) {
    throw new ArgumentError(`${name}: expected 1 to ${columns} columns to rotate, found ${width}.`)
  }
  const headWidth = width / heads
  if (headWidth % 4 !== 0) {
    throw new ArgumentError(
      `${name}: expected a head width that is a multiple of 4, found ${width} columns for ${heads} heads.`,
    )
  }
  if (!Number.isInteger(from) || from < 0 || from >= rows) {
    throw new ArgumentError(`${name}: there is no row ${from} and up in ${rows} rows.`)
  }
  const shape = [rows - from, headWidth] as const
  const output = net.value(name, [rows, columns])
  const inverse = false
  net.push({
    ...{ op: 'rope', input, output, heads, from, width, inverse },
    table: net.weight(table, shape, ropeOperation.weights.table!),
  })
  return output
}
