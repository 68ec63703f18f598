import type { Program } from '../../../src/program/program.ts'
import type { Shape, ValueId, WeightId } from '../../../src/program/values.ts'
import type { Jax, JaxArray } from './jax-js.ts'

/** Traces an operation and returns its output. */
export type LowerOp<O> = (op: O, lowering: Lowering) => JaxArray

/** What operations share while a program is traced: the arrays of its values and weights. */
export class Lowering {
  readonly jax: Jax
  readonly #program: Program
  readonly #weights: readonly JaxArray[]
  readonly #values = new Map<ValueId, JaxArray>()

  /** @param weights in the order of the program's, as `weightArray` makes them */
  constructor(jax: Jax, program: Program, weights: readonly JaxArray[]) {
    this.jax = jax
    this.#program = program
    this.#weights = weights
  }

  shape(id: ValueId): Shape {
    return this.#program.values[id]!.shape
  }

  define(id: ValueId, array: JaxArray): void {
    this.#values.set(id, array)
  }

  /** A new reference to a value. */
  value(id: ValueId): JaxArray {
    return this.#values.get(id)!.ref
  }

  /** A new reference to a weight. */
  weight(id: WeightId): JaxArray {
    return this.#weights[id]!.ref
  }

  /** Hands out the first reference to a value, after which the value can't be read any more. */
  take(id: ValueId): JaxArray {
    const array = this.#values.get(id)!
    this.#values.delete(id)
    return array
  }
}
