import { ArgumentError } from '../../../../errors.ts'
import type { Op } from '../../../../program/ops/operations.ts'
import type { Program } from '../../../../program/program.ts'
import {
  type TrainingOp,
  type TrainingProgram,
  trainingOperationOf,
  type Update,
} from '../../../../program/training/operations.ts'
import type { ValueId } from '../../../../program/values.ts'
import type { RegisterTile } from '../../kernels/gemm-registers.ts'
import { spread, vectors } from '../../kernels/kernel.ts'
import type { Layout } from '../../lower/layout.ts'
import { Lowering, type LowerOptions } from '../../lower/lowering.ts'
import type { Dispatch, Operand, Step } from '../../lower/step.ts'
import { tilesAcross } from '../../tiles.ts'
import { turnedGemm } from '../kernels/gemm.ts'

/** How an operation of training is lowered to dispatches. */
export type LowerTrainingOp<O> = (
  op: O,
  lowering: TrainingLowering,
) => readonly Omit<Step, 'label'>[]

/** Where the gradient of a weight is summed: in the weight that it updates. */
export interface Gradient {
  readonly operand: Operand
  /** Whether the sum is added to what is there. */
  readonly adds: boolean
}

/** Lowering that also knows the updates of weights. */
export class TrainingLowering extends Lowering {
  readonly #updates: ReadonlyMap<ValueId, Update>

  constructor(program: TrainingProgram, layouts: Layout[], options: LowerOptions) {
    // What is asked of operations there are their names, which no operation of training shares.
    super(program as unknown as Program, layouts, options, readsOf as (op: Op) => ValueId[])
    this.#updates = new Map(program.updates.map((update) => [update.value, update]))
  }

  /**
   * Where a value that is one for all images goes; undefined where there is no value.
   * @throws ArgumentError where no update says which weight it is of
   */
  gradient(id: ValueId | undefined): Gradient | undefined {
    if (id === undefined) return undefined
    const update = this.#updates.get(id)
    if (update) return { operand: this.weight(update.weight), adds: update.adds }
    const { name } = this.program.values[id]!
    throw new ArgumentError(`The value ${name} is one for all images and updates no weight.`)
  }

  /** `a^T x b`, for a weight: of `[steps, rows]` and `[steps, columns]`. */
  turnedLeft(steps: number, rows: number, columns: number, adds: boolean): Dispatch {
    return this.#turned('left', rows, steps, columns, adds)
  }

  /** `a x b^T` of `[rows, inner]` and `[columns, inner]`. */
  turnedRight(rows: number, inner: number, columns: number): Dispatch {
    return this.#turned('right', rows, inner, columns, false)
  }

  #turned(
    turned: 'left' | 'right',
    rows: number,
    inner: number,
    columns: number,
    adds: boolean,
  ): Dispatch {
    const shape = { rows, inner, columns: [columns], a: 'f32', b: 'f32' } as const
    // Tiles of matrices multiply f16 only.
    const tile = this.options.chooseTile(shape) as RegisterTile
    return {
      kernel: turnedGemm({ tile, turned, adds }),
      params: [rows, vectors(inner), vectors(columns), inner, vectors(rows)],
      workgroups: [tilesAcross(tile, columns), ...spread(Math.ceil(rows / tile.rows))],
    }
  }
}

/** The values that an operation reads. */
export const readsOf = (op: TrainingOp): ValueId[] =>
  trainingOperationOf(op).reads.flatMap(
    (field) => (op as unknown as Record<PropertyKey, ValueId | undefined>)[field] ?? [],
  )
