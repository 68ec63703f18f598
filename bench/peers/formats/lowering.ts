import type { Program } from '../../../src/program/program.ts'
import type { Shape, ValueId, WeightId } from '../../../src/program/values.ts'
import type { Dtype, Task, Weights } from '../../engine/peer.ts'
import { keyValueLayers } from './attention.ts'
import { columns } from './matrix.ts'

/** Columns of a layer that makes keys and values: all, or those left or right of the middle. */
export type Part = 'all' | 'keys' | 'values'

/** A weight as it goes into a file, or one half of its columns. */
export interface WeightPart {
  readonly name: string
  readonly shape: Shape
  readonly values: () => Float32Array
}

/** What operations share while they are written, whatever the format. */
export class FileLowering {
  readonly program: Program
  readonly batch: number
  readonly dtype: Dtype
  /** Layers that become two, by their output. */
  readonly keyValueLayers: ReadonlySet<ValueId>
  readonly #weights: Weights

  constructor({ program, bench, dtype }: Task, weights: Weights) {
    this.program = program
    this.batch = bench.batch
    this.dtype = dtype
    this.keyValueLayers = keyValueLayers(program)
    this.#weights = weights
  }

  /** Of one image. */
  shape(id: ValueId): Shape {
    return this.program.values[id]!.shape
  }

  /** The shape of a batch, whose images lie one below the other: `[batch * rows, columns]`. */
  stacked(id: ValueId): Shape {
    const [rows, columns] = this.shape(id)
    return [this.batch * rows, columns]
  }

  weight(id: WeightId, part: Part = 'all'): WeightPart {
    const { name, shape } = this.program.weights[id]!
    const whole = () => this.#weights.get(name)!
    if (part === 'all') return { name, shape, values: whole }
    const half = shape[1] / 2
    const from = part === 'keys' ? 0 : half
    return {
      name: `${name}.${part}`,
      shape: [shape[0], half],
      values: () => columns(whole(), shape[1], from, half),
    }
  }
}
