import { Control } from '../../../assembly/tape.ts'
import type { Weight } from '../../program/program.ts'
import type { Region } from '../backend.ts'
import { checkRegion, placeRegion } from '../weights.ts'
import type { Build, Kernels } from './kernels.ts'
import { CONTROL, padFloats } from './layout.ts'
import type { LinearMemory } from './memory.ts'

/** Weights pass through here on their way from a file into panels. */
const STAGING_FLOATS = 1 << 18

/**
 * Where the weights of a model lie in its linear memory, and how they get there. Memory from below:
 * constants, control block, zeros, staging, weights; what is above `end` is free for others.
 */
export class WeightStore {
  /** At least a row of zeros: the bias of what has none. */
  readonly zeros: number
  readonly end: number
  readonly #staging: number
  readonly #placed: ReadonlyMap<string, { readonly weight: Weight; readonly address: number }>

  constructor(build: Build, weights: readonly Weight[]) {
    let top = CONTROL + Control.Words * 4
    const allocate = (bytes: number) => {
      const address = top
      top += Math.ceil(bytes / 64) * 64
      return address
    }
    const widest = Math.max(16, ...weights.map(({ shape }) => padFloats(shape[1])))
    this.zeros = allocate(widest * 4)
    this.#staging = allocate(STAGING_FLOATS * 4)
    this.#placed = new Map(
      weights.map((weight) => [
        weight.name,
        { weight, address: allocate(4 * storedFloats(weight, build.panel)) },
      ]),
    )
    this.end = allocate(0)
  }

  address(name: string): number {
    return this.#placed.get(name)!.address
  }

  /** Takes values of a weight, as `WeightSink.write` does. */
  write(
    { linear, kernels }: { linear: LinearMemory; kernels: Kernels },
    name: string,
    region: Region,
    start: number,
    values: Float32Array,
  ): void {
    const placed = this.#placed.get(name)
    checkRegion(name, placed?.weight.shape, region, start, values.length)
    const { weight, address } = placed!
    const [inner, columns] = weight.shape
    if (weight.role !== 'kernel') {
      placeRegion(columns, region, start, values, linear.floats(address, inner * columns))
      return
    }
    for (let done = 0; done < values.length; done += STAGING_FLOATS) {
      const slice = values.subarray(done, done + STAGING_FLOATS)
      linear.floats(this.#staging, slice.length).set(slice)
      const { row, column, rows, columns, transposed } = region
      const place = [row, column, rows, columns, Number(transposed)] as const
      kernels.packPanels(this.#staging, slice.length, address, inner, ...place, start + done)
    }
  }
}

/** Floats that a weight takes in the layout that its role asks for. */
function storedFloats({ shape: [rows, columns], role }: Weight, panel: number): number {
  if (role === 'kernel') return Math.ceil(columns / panel) * panel * rows
  return rows === 1 ? padFloats(columns) : rows * columns
}
