import { inputsOf, type Op } from '../../../program/ops/operations.ts'
import type { Program } from '../../../program/program.ts'
import type { Shape, ValueId, WeightId } from '../../../program/values.ts'
import { type GemmOptions, gemm, type Tile } from '../kernels/gemm.ts'
import { type Storage, spread, vectors } from '../kernels/kernel.ts'
import { type GemmShape, tilesAcross } from '../tiles.ts'
import type { Layout } from './layout.ts'
import type { Dispatch, Operand } from './step.ts'

export interface LowerOptions {
  /** How the right-hand sides of products are stored. */
  readonly kernels: Storage
  /** Whether kernels may use the GPU's subgroups. */
  readonly subgroups: boolean
  /** Whether threads may share a sum. On a GPU that is emulated on the CPU this only takes long to compile. */
  readonly slices: boolean
  readonly chooseTile: (shape: GemmShape) => Tile
}

/** The state shared by all operations during lowering. */
export class Lowering {
  readonly program: Program
  readonly options: LowerOptions
  readonly #layouts: Layout[]
  readonly #readers: readonly number[]
  readonly #fused = new Set<Op>()
  #at = 0

  /**
   * @param layouts of the program's values; `scratch` adds to them
   * @param reads the values that an operation reads
   */
  constructor(program: Program, layouts: Layout[], options: LowerOptions, reads = inputsOf) {
    this.program = program
    this.options = options
    this.#layouts = layouts
    this.#readers = countReaders(program, reads)
  }

  /** The operations in order, without those already fused. */
  *ops(): Generator<Op> {
    for (this.#at = 0; this.#at < this.program.ops.length; this.#at++) {
      const op = this.program.ops[this.#at]!
      if (!this.#fused.has(op)) yield op
    }
  }

  /** Finds a later operation that passes a test and fuses it into the current operation's dispatch. */
  fuse<Fused extends Op>(test: (op: Op) => op is Fused): Fused | undefined {
    const later = this.program.ops.slice(this.#at + 1)
    const found = later.find((op): op is Fused => !this.#fused.has(op) && test(op))
    if (found) this.#fused.add(found)
    return found
  }

  shape(id: ValueId): Shape {
    return this.program.values[id]!.shape
  }

  weightShape(id: WeightId): Shape {
    return this.program.weights[id]!.shape
  }

  storage(id: ValueId): Storage {
    return this.#layouts[id]!.storage
  }

  /** Elements from one row of a value to the next. */
  stride(id: ValueId): number {
    return this.#layouts[id]!.stride
  }

  /** A value in f32 that is none of the program's: what one step leaves for the next. */
  scratch(rows: number, columns: number): ValueId {
    const stride = 4 * vectors(columns)
    return this.#layouts.push({ storage: 'f32', stride, bytes: 4 * rows * stride }) - 1
  }

  /** How often a value is read, including as an output. */
  readers(id: ValueId): number {
    return this.#readers[id]!
  }

  value(id: ValueId): Operand {
    return { value: id }
  }

  weight(id: WeightId): Operand {
    return { weight: this.program.weights[id]!.name }
  }

  /** An optional weight as a list. */
  optional(id: WeightId | undefined): Operand[] {
    return id === undefined ? [] : [this.weight(id)]
  }

  /** An optional value as a list. */
  optionalValue(id: ValueId | undefined): Operand[] {
    return id === undefined ? [] : [this.value(id)]
  }

  /** A product, or two with the same left-hand side, with the best tile. */
  product(
    options: Omit<GemmOptions, 'tile'>,
    rows: number,
    inner: number,
    columns: readonly number[],
    more: readonly number[] = [],
  ): Dispatch {
    const shape = { rows, inner, columns, a: options.a, b: options.b }
    const tile = this.options.chooseTile(shape)
    const across = columns.map((each) => tilesAcross(tile, each))
    const [first, second = 0] = columns
    return {
      kernel: gemm({ ...options, tile }),
      gemm: shape,
      params: [rows, vectors(inner), vectors(first!), vectors(second), across[0]!, ...more],
      workgroups: [across.reduce((a, b) => a + b), ...spread(Math.ceil(rows / tile.rows))],
    }
  }
}

function countReaders(program: Program, reads: (op: Op) => ValueId[]): number[] {
  const counts = program.values.map(() => 0)
  for (const id of [...program.ops.flatMap(reads), ...Object.values(program.outputs)]) {
    counts[id]!++
  }
  return counts
}
