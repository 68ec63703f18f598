import { ArgumentError } from '../errors.ts'
import { checkShape } from './ops/check-shape.ts'
import type { Writer } from './ops/operation.ts'
import type { Op } from './ops/operations.ts'
import type { Program } from './program.ts'
import type { Shape, Value, ValueId, ValueType, Weight, WeightId, WeightRole } from './values.ts'

/**
 * Builds a Program operation by operation, with the functions of `ops/`. Weights are declared where they are
 * used; using a name twice gives the same weight.
 */
export class ProgramBuilder implements Writer<Op> {
  readonly #values: Value[]
  readonly #weights: Weight[]
  readonly #ops: Op[]
  readonly #inputs: Record<string, ValueId>

  /** @param begun a program that is continued; it does not change, and its values keep their ids */
  constructor(begun?: Program) {
    this.#values = [...(begun?.values ?? [])]
    this.#weights = [...(begun?.weights ?? [])]
    this.#ops = [...(begun?.ops ?? [])]
    this.#inputs = { ...begun?.inputs }
  }

  /** Declares an input of the Program. */
  input(name: string, shape: Shape, type: ValueType = 'f32'): ValueId {
    const id = this.#values.push({ name, shape, type }) - 1
    this.#inputs[name] = id
    return id
  }

  shape(value: ValueId): Shape {
    const found = this.#values[value]
    if (!found) throw new ArgumentError(`There is no value ${value} in this program.`)
    return found.shape
  }

  value(name: string, shape: Shape): ValueId {
    return this.#values.push({ name, shape, type: 'f32' }) - 1
  }

  weight(name: string, shape: Shape, role: WeightRole, precise = true): WeightId {
    const found = this.#weights.findIndex((weight) => weight.name === name)
    if (found < 0) return this.#weights.push({ name, shape, role, precise }) - 1
    checkShape(name, this.#weights[found]!.shape, shape)
    return found
  }

  push(op: Op): void {
    this.#ops.push(op)
  }

  /** The value of that name, for outputs that no function of `ops/` returns. */
  named(name: string): ValueId | undefined {
    const found = this.#values.findIndex((value) => value.name === name)
    return found < 0 ? undefined : found
  }

  build(outputs: Record<string, ValueId>): Program {
    return {
      values: this.#values,
      weights: this.#weights,
      ops: this.#ops,
      inputs: this.#inputs,
      outputs,
    }
  }
}
