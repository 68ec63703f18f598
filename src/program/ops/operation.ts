import type { RowRange, Shape, ValueId, Weight, WeightId, WeightRole } from '../values.ts'

/** The fields of an operation that hold ids of values or weights. */
type IdField<O> = {
  [Field in keyof O]-?: O[Field] extends number | undefined ? Field : never
}[keyof O]

/**
 * What passes over a Program need to know of an operation. The file of an operation
 * exports its fields (an interface), this description, and a function that adds it to a Program.
 */
export interface Operation<O extends { readonly op: string }> {
  readonly op: O['op']
  /** Fields with the values it reads; a field may be undefined. */
  readonly reads: readonly IdField<O>[]
  /** Fields with its output values. All but the first are optional, and dropped if nothing reads them. */
  readonly makes: readonly [IdField<O>, ...IdField<O>[]]
  /** Fields with its weights, and the role of each. */
  readonly weights: { readonly [Field in IdField<O>]?: WeightRole }
  /**
   * The rows of each value in `reads` that some rows of its result depend on; undefined for all rows of
   * that value. An operation without this function, or that returns undefined, is computed whole.
   */
  rowsRead?(op: O, rows: RowRange): readonly (RowRange | undefined)[] | undefined
  /** Multiply-adds of its matrix products, for one image. */
  products?(op: O, shapes: Shapes): number
}

/** Looks up the shapes of a Program's values and weights. */
export interface Shapes {
  value(id: ValueId): Shape
  weight(id: WeightId): Shape
}

/** What the function that adds an operation to a Program needs. */
export interface Writer<O> {
  /** @throws ArgumentError for a value that does not exist */
  shape(value: ValueId): Shape
  /** Creates an output value. */
  value(name: string, shape: Shape): ValueId
  /** A weight; using a name twice gives the same weight. */
  weight(name: string, shape: Shape, role: WeightRole, precise?: Weight['precise']): WeightId
  push(op: O): void
}
