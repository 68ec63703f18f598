import { onAbort } from '../../../abort.ts'
import { WorkerError } from '../../../errors.ts'
import type { Outputs, RunOptions } from '../../backend.ts'
import type { Kernels } from '../builds/instance.ts'
import type { TapeRecord } from '../lower/tape-writer.ts'
import type { Damage } from '../memory/arenas.ts'
import type { RunArguments } from './protocol.ts'
import type { SharedModel } from './worker-pool.ts'

/** What the scheduler needs of a model. */
export interface RunnableModel extends SharedModel {
  /** The kernels on the caller's thread. */
  readonly kernels: Kernels
  /** The most threads per run. */
  readonly threads: number
  /** Whether the caller's thread is one of them, and blocks. */
  readonly blocking: boolean
  /** Whether workers compute; else the caller's thread does. */
  readonly workers: boolean
}

/** Addresses in the arena of a run. */
export interface RunMemory {
  readonly tape: number
  readonly control: number
  /** Scratch of thread 0; that of the others follows. */
  readonly scratch: number
  readonly scratchBytes: number
}

/** One call of an executable: how to set it up, read its outputs and free its memory. */
export interface Job {
  readonly records: readonly TapeRecord[]
  /** Allocates memory and writes tape and inputs; undefined while memory is exhausted by other runs. */
  begin(): RunMemory | undefined
  outputs(memory: RunMemory): Outputs
  end(memory: RunMemory, damage: Damage | undefined): void
}

/** One execution of a program, in one or more segments. Each segment may run on different threads. */
export class Run {
  readonly model: RunnableModel
  readonly job: Job
  readonly result: Promise<Outputs>
  /** The first record that was not run. */
  next = 0
  /** Its memory, from the start of the first segment to the end of the last. */
  memory: RunMemory | undefined
  /** Whether the promise is settled. Threads may still be computing. */
  over = false
  /** What a failure did to its memory. */
  damage: Damage | undefined
  readonly #onStep: RunOptions['onStep']
  readonly #times: number[] = []
  #settle: { resolve(outputs: Outputs): void; reject(reason: unknown): void } | undefined
  #unlisten = () => {}

  /** @param cancel called when the caller's signal is aborted */
  constructor(
    model: RunnableModel,
    job: Job,
    options: RunOptions,
    cancel: (reason: unknown) => void,
  ) {
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

  /** Floating-point operations of the remaining records. */
  get flopsLeft(): number {
    let sum = 0
    for (let i = this.next; i < this.total; i++) sum += this.job.records[i]!.flops
    return sum
  }

  /** The interpreter's arguments for thread `thread` of `threads`, up to record `to`. */
  arguments(to: number, thread: number, threads: number): RunArguments {
    const { tape, control, scratch, scratchBytes } = this.memory!
    return [tape, this.next, to, control, scratch + thread * scratchBytes, thread, threads]
  }

  /** Records that everything up to `end` is done. */
  advance(end: number, times: readonly number[] = []): void {
    this.next = end
    this.#times.push(...times)
  }

  /** Resolves the result with the outputs. */
  finish(): void {
    const outputs = this.job.outputs(this.memory!)
    this.job.records.forEach(({ label }, i) => {
      this.#onStep?.(label, this.#times[i]!)
    })
    this.over = true
    this.#unlisten()
    this.#settle!.resolve(outputs)
  }

  /** Rejects the result. The memory is freed later, when no thread uses it any more. */
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

/** The error of a run whose kernels trapped. */
export function trapped(cause: unknown): WorkerError {
  return new WorkerError(`The kernels failed: ${(cause as Error).message}.`, { cause })
}
