import { onlyInput } from '../../../../src/backends/inputs.ts'
import type { Shape, ValueId, WeightId } from '../../../../src/program/values.ts'
import { outputOf } from '../../../cases/case.ts'
import type { Task, Weights } from '../../../engine/peer.ts'
import { FileLowering } from '../lowering.ts'
import type { AttentionNodes } from './attention-nodes.ts'
import { OnnxGraph } from './graph.ts'

/** Adds the nodes of an operation; the last makes the name of the operation's output. */
export type LowerOp<O> = (op: O, lowering: Lowering) => void

/** What operations share while they become nodes. */
export class Lowering extends FileLowering {
  readonly graph = new OnnxGraph()
  readonly attend: AttentionNodes
  readonly #input: ValueId
  readonly #output: ValueId

  constructor(task: Task, weights: Weights, attend: AttentionNodes) {
    super(task, weights)
    this.attend = attend
    this.#input = onlyInput(task.program).id
    this.#output = outputOf(task.program).id
  }

  /** What a value is called in the file. */
  name(id: ValueId): string {
    if (id === this.#input) return 'input'
    return id === this.#output ? 'output' : `v${id}`
  }

  /** A value as `[batch, rows, columns]`. */
  images(id: ValueId): string {
    return this.asImages(this.name(id), this.shape(id))
  }

  /** Something of that shape for each image as `[batch, rows, columns]`. */
  asImages(name: string, shape: Shape): string {
    const { graph, batch } = this
    return graph.once(`${name}.images`, (to) => graph.reshape(name, [batch, ...shape], to))
  }

  /** A weight of one row, as a vector. */
  vector(id: WeightId): string {
    const { name, shape, values } = this.weight(id)
    return this.graph.floats(name, [shape[1]], values)
  }
}
