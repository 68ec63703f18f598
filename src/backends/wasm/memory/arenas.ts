import { Control } from '../../../../assembly/tape.ts'
import { MemoryError } from '../../../errors.ts'
import type { LinearMemory } from './linear-memory.ts'

const CONTROL_BYTES = Control.Words * 4
/** Control blocks are allocated in groups. */
const BLOCKS = 8

/**
 * What a failed run leaves behind. `barrier`: a broken barrier, whose control block late threads may still
 * read. `memory`: a terminated thread that may keep writing to the arena for a while.
 */
export type Damage = 'barrier' | 'memory'

/** Where the first arena begins, above weights that end at `start`. */
export const firstArena = (start: number): number => start + BLOCKS * CONTROL_BYTES

/** Allocates the memory above the weights to runs, first fit from the lowest address. */
export class Arenas {
  readonly #linear: LinearMemory
  readonly #start: number
  /** Sorted by address. */
  readonly #taken: { readonly from: number; readonly to: number }[] = []
  /** Free control blocks. A thread may still read one after its run, so they are never used for anything else. */
  readonly #controls: number[] = []
  #allocated = 0

  constructor(linear: LinearMemory, start: number) {
    this.#linear = linear
    this.#start = start
    this.#makeControls()
  }

  /** The lowest address an arena can have. */
  get first(): number {
    return firstArena(this.#start)
  }

  /**
   * Allocates an arena and a control block for a run.
   * @returns undefined where memory is exhausted now but other runs will free some
   * @throws MemoryError where it does not fit even without other runs
   */
  allocate(bytes: number): { readonly address: number; readonly control: number } | undefined {
    try {
      if (this.#controls.length === 0) this.#makeControls()
      const address = this.#take(bytes)
      this.#allocated++
      return { address, control: this.#controls.pop()! }
    } catch (error) {
      if (error instanceof MemoryError && this.#allocated > 0) return undefined
      throw error
    }
  }

  /** Frees an arena and its control block. Damaged memory is not reused. */
  free(
    { address, control }: { readonly address: number; readonly control: number },
    damage?: Damage,
  ): void {
    this.#allocated--
    if (!damage) this.#controls.push(control)
    if (damage === 'memory') return
    const at = this.#taken.findIndex(({ from }) => from === address)
    this.#taken.splice(at, 1)
  }

  #makeControls(): void {
    const first = this.#take(BLOCKS * CONTROL_BYTES)
    this.#linear.words(first, BLOCKS * Control.Words).fill(0)
    for (let i = BLOCKS - 1; i >= 0; i--) this.#controls.push(first + i * CONTROL_BYTES)
  }

  #take(bytes: number): number {
    let from = this.#start
    let at = 0
    for (; at < this.#taken.length; at++) {
      if (from + bytes <= this.#taken[at]!.from) break
      from = this.#taken[at]!.to
    }
    const to = from + Math.ceil(bytes / 64) * 64
    this.#linear.reserve(to)
    this.#taken.splice(at, 0, { from, to })
    return from
  }
}
