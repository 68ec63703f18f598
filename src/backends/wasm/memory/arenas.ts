import { Control } from '../../../../assembly/tape.ts'
import { MemoryError } from '../../../errors.ts'
import type { LinearMemory } from './linear-memory.ts'

const CONTROL_BYTES = Control.Words * 4
/** Control blocks are made so many at a time. */
const BLOCKS = 8

/**
 * What a run in which a thread failed may leave behind: a barrier that is broken, which threads that
 * are late from before may still look at; or a thread that was ended and writes on for a while.
 */
export type Damage = 'barrier' | 'memory'

/** The memory above the weights, lent to one run each: the lowest place that is free. */
export class Arenas {
  readonly #linear: LinearMemory
  readonly #start: number
  /** By address. */
  readonly #taken: { readonly from: number; readonly to: number }[] = []
  /** A thread may still read a block when its run is over, so they never become anything else. */
  readonly #controls: number[] = []
  #allocated = 0

  constructor(linear: LinearMemory, start: number) {
    this.#linear = linear
    this.#start = start
    this.#makeControls()
  }

  /** The first place for a run; those of others may lie there or above. */
  get first(): number {
    return this.#start + BLOCKS * CONTROL_BYTES
  }

  /**
   * A place for a run.
   * @returns undefined where there is no room now, but will be when a run is over
   * @throws MemoryError where there never will be
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

  /** Ends a loan. What is damaged is lent to nobody again. */
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
