import { onlyInput } from '../../../../src/backends/inputs.ts'
import type { ValueId, WeightId } from '../../../../src/program/values.ts'
import type { Task, Weights } from '../../../engine/peer.ts'
import { scaledQueryLayers } from '../attention.ts'
import { FileLowering } from '../lowering.ts'
import { TfliteGraph } from './graph.ts'

/** Adds the operators of an operation and returns the tensor of its output, `[batch * rows, columns]`. */
export type LowerOp<O> = (op: O, lowering: Lowering) => number

/** The tensors of keys and values where they are made by two layers. */
export interface KeyValues {
  readonly keys: number
  readonly values: number
}

/** What operations share while they become operators. Tensors are indices in the file's list. */
export class Lowering extends FileLowering {
  readonly graph = new TfliteGraph()
  /** The tensor of the program's input. */
  readonly input: number
  /**
   * The dimensions before `[rows, columns]` where images are told apart: `[batch]`, or none for one
   * image.
   */
  readonly outer: readonly number[]
  readonly keyValues = new Map<ValueId, KeyValues>()
  /** Layers of queries whose weights are scaled instead of the scores, by their output. */
  readonly scaledQueryLayers: ReadonlyMap<ValueId, number>
  readonly #tensors = new Map<ValueId, number>()

  constructor(task: Task, weights: Weights, outer: readonly number[]) {
    super(task, weights)
    this.outer = outer
    this.scaledQueryLayers = scaledQueryLayers(task.program)
    const { id } = onlyInput(task.program)
    this.input = this.graph.computed('input', this.stacked(id))
    this.define(id, this.input)
  }

  define(id: ValueId, tensor: number): void {
    this.#tensors.set(id, tensor)
  }

  tensor(id: ValueId): number {
    return this.#tensors.get(id)!
  }

  /** A value as `[...outer, rows, columns]`. */
  images(id: ValueId): number {
    const { outer, graph } = this
    const tensor = this.tensor(id)
    return outer.length === 0 ? tensor : graph.reshape(tensor, [...outer, ...this.shape(id)])
  }

  /** The other way round: the tensor of a value from `[...outer, rows, columns]`. */
  merged(tensor: number, id: ValueId): number {
    return this.outer.length === 0 ? tensor : this.graph.reshape(tensor, this.stacked(id))
  }

  /** The tensor of a weight. */
  constant(id: WeightId): number {
    const { name, shape, values } = this.weight(id)
    return this.graph.floats(name, shape, values)
  }
}
