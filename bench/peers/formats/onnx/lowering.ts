import { onlyInput } from '../../../../src/backends/inputs.ts'
import type { Grid } from '../../../../src/program/ops/window.ts'
import type { Shape, ValueId, WeightId } from '../../../../src/program/values.ts'
import { outputOf } from '../../../cases/case.ts'
import type { Task, Weights } from '../../../engine/peer.ts'
import { FileLowering } from '../lowering.ts'
import type { AttentionNodes } from './attention-nodes.ts'
import { OnnxGraph } from './graph.ts'
import { planeGrids } from './planes.ts'

/** Adds the nodes of an operation; the last makes the name of the operation's output. */
export type LowerOp<O> = (op: O, lowering: Lowering) => void

/** What operations share while they become nodes. */
export class Lowering extends FileLowering {
  readonly graph = new OnnxGraph()
  readonly attend: AttentionNodes
  /** The values that operations write as planes. */
  readonly grids: ReadonlyMap<ValueId, Grid>
  readonly #input: ValueId
  readonly #output: ValueId

  constructor(task: Task, weights: Weights, attend: AttentionNodes) {
    super(task, weights)
    this.attend = attend
    this.grids = planeGrids(task.program)
    this.#input = onlyInput(task.program).id
    this.#output = outputOf(task.program).id
  }

  /** What a value is called in the file, `[batch * rows, columns]`. Planes are transposed where rows are read. */
  name(id: ValueId): string {
    const name = this.#nameOf(id)
    if (!this.grids.has(id)) return name
    return this.graph.once(name, () => {
      const [rows, columns] = this.shape(id)
      const flat = [this.batch, columns, rows]
      const planes = this.graph.reshape(this.planesName(id), flat, `${name}.flat`)
      const turned = this.graph.node('Transpose', [planes], `${name}.rows`, { perm: [0, 2, 1] })
      this.graph.reshape(turned, this.stacked(id), name)
    })
  }

  /** What an operation that makes planes calls its output, `[batch, columns, ...grid]`. */
  planesName(id: ValueId): string {
    return `${this.#nameOf(id)}.planes`
  }

  /** A value as planes of that grid; rows are turned, once. */
  planes(id: ValueId, grid: Grid): string {
    const { graph, batch } = this
    const made = this.grids.get(id)
    if (made && String(made) === String(grid)) return this.planesName(id)
    const name = this.#nameOf(id)
    const turn = (to: string) => graph.node('Transpose', [this.images(id)], to, { perm: [0, 2, 1] })
    const planes = made ? this.planesName(id) : graph.once(`${name}.turned`, turn)
    const dims = [batch, this.shape(id)[1], ...grid]
    return graph.once(`${name}.planes.${grid.join('x')}`, (to) => graph.reshape(planes, dims, to))
  }

  /** A weight of one row, a value for each plane. */
  perPlane(id: WeightId): string {
    const { name, shape, values } = this.weight(id)
    return this.graph.floats(`${name}.planes`, [shape[1], 1, 1], values)
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

  #nameOf(id: ValueId): string {
    if (id === this.#input) return 'input'
    return id === this.#output ? 'output' : `v${id}`
  }

  /** A weight of one row, as a vector. */
  vector(id: WeightId): string {
    const { name, shape, values } = this.weight(id)
    return this.graph.floats(name, [shape[1]], values)
  }
}
