import { onAbort } from '../../../abort.ts'
import type { Outputs, RunOptions } from '../../backend.ts'
import type { Kernels } from '../builds/kernels.ts'
import type { TapeRecord } from '../lower/tape-writer.ts'
import type { Damage } from '../memory/arenas.ts'
import type { SharedModel } from './worker-pool.ts'
import type { RunArguments } from './protocol.ts'

/** A model as those who run it see it. */
export interface RunnableModel extends SharedModel {
  /** The kernels on the caller's thread. */
  readonly kernels: Kernels
  /** Threads of a run at most; 1 for the caller's thread. */
  readonly threads: number
  /** Whether the caller's thread is one of them. */
  readonly blocking: boolean
}

/** Where a run has its memory: addresses. */
export interface RunMemory {
  readonly tape: number
  readonly control: number
  /** Of thread 0; those of the others follow. */
  readonly scratch: number
  readonly scratchBytes: number
}

/** What a program does before, in and after a run. */
export interface Job {
  readonly records: readonly TapeRecord[]
  /** Takes memory and fills in tape and pixels; undefined where there is no room before another ends. */
  begin(): RunMemory | undefined
  outputs(memory: RunMemory): Outputs
  end(memory: RunMemory, damage: Damage | undefined): void
}

/** One image on its way through a program, in one or more segments, each by other threads if need be. */
export class Run {
  readonly model: RunnableModel
  readonly job: Job
  readonly result: Promise<Outputs>
  /** The first record that was not run. */
  next = 0
  /** Its memory, from its first segment to the end of its last. */
  memory: RunMemory | undefined
  /** Whether its promise is settled, and nobody waits any more for what threads may still do. */
  over = false
  /** What became of its memory. */
  damage: Damage | undefined
  readonly #onStep: RunOptions['onStep']
  readonly #times: number[] = []
  #settle: { resolve(outputs: Outputs): void; reject(reason: unknown): void } | undefined
  #unlisten = () => {}

  /** @param cancel called when the caller's signal is aborted */
  constructor(model: RunnableModel, job: Job, options: RunOptions, cancel: (reason: unknown) => void) {
    this.model = model
    this.job = job
    this.#onStep = options.onStep
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    const { signal } = options
    if (!signal) return
    this.#unlisten = onAbort(signal, () => cancel(signal.reason))
  }

  get timed(): boolean {
    return this.#onStep !== undefined
  }

  get total(): number {
    return this.job.records.length
  }

  /** Floating-point operations that are left. */
  get flopsLeft(): number {
    let sum = 0
    for (let i = this.next; i < this.total; i++) sum += this.job.records[i]!.flops
    return sum
  }

  /** What thread `thread` of `threads` is to call, up to record `to`. */
  arguments(to: number, thread: number, threads: number): RunArguments {
    const { tape, control, scratch, scratchBytes } = this.memory!
    return [tape, this.next, to, control, scratch + thread * scratchBytes, thread, threads]
  }

  /** Notes that records up to `end` are done. */
  advance(end: number, times: readonly number[] = []): void {
    this.next = end
    this.#times.push(...times)
  }

  /** All is done: gives the caller the outputs. */
  finish(): void {
    const outputs = this.job.outputs(this.memory!)
    this.job.records.forEach(({ label }, i) => {
      this.#onStep?.(label, this.#times[i]!)
    })
    this.over = true
    this.#unlisten()
    this.#settle!.resolve(outputs)
  }

  /** Tells the caller that nothing comes. Its memory is given back when no thread is at it any more. */
  fail(reason: unknown): void {
    if (this.over) return
    this.over = true
    this.#unlisten()
    this.#settle!.reject(reason)
  }

  releaseMemory(): void {
    if (this.memory) this.job.end(this.memory, this.damage)
    this.memory = undefined
  }
}
