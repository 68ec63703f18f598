import { DisposedError, LimitError } from '../../errors.ts'
import type { Program } from '../../program/program.ts'
import type { Executable, Inputs, Outputs, RunOptions } from '../backend.ts'
import { checkInputs } from '../inputs.ts'
import { ForwardPass, type LowerProgram } from './pass.ts'
import type { Residency } from './residency.ts'

/** Passes in flight: while one is read back, the next computes. */
const IN_FLIGHT = 2

interface Waiting {
  readonly inputs: Inputs
  /** Checked before and after a pass; a pass is short. */
  readonly signal: AbortSignal | undefined
  readonly onStep: RunOptions['onStep']
  resolve(outputs: Outputs): void
  reject(error: unknown): void
}

/**
 * A program on a model's weights. Waiting runs are batched into one pass, since a pass reads the weights once
 * for any number of images.
 */
export class BatchedExecutable implements Executable {
  readonly #residency: Residency
  readonly #program: Program
  readonly #images: number
  readonly #batch: number
  readonly #lower: LowerProgram | undefined
  #waiting: Waiting[] = []
  /** The pass on the current device. */
  #pass: ForwardPass | undefined
  #started = 0
  #scheduled = false
  #proven = false
  #released = false
  #disposed = false

  /**
   * @param images of each run
   * @param batch the most images per pass, except where a single run has more
   * @param lower for programs that are not of inference
   */
  constructor(
    residency: Residency,
    program: Program,
    images: number,
    batch: number,
    lower?: LowerProgram,
  ) {
    this.#residency = residency
    this.#program = program
    this.#images = images
    this.#batch = batch
    this.#lower = lower
  }

  /** The current pass, for measurements. */
  get pass(): ForwardPass | undefined {
    return this.#pass
  }

  run(inputs: Inputs, { signal, onStep }: RunOptions = {}): Promise<Outputs> {
    return new Promise((resolve, reject) => {
      if (this.#disposed) throw new DisposedError('The model')
      checkInputs(this.#program, inputs, this.#images)
      signal?.throwIfAborted()
      this.#released = false
      this.#waiting.push({ inputs, signal, onStep, resolve, reject })
      this.#schedule()
    })
  }

  /** Not retried after a device loss, since the caller's buffers are lost too. */
  async runOnDevice(input: object, images: number): Promise<Record<string, GPUBuffer>> {
    if (this.#disposed) throw new DisposedError('The model')
    const pass = this.#passOn()
    await this.#residency.ready
    return pass.runOnDevice(input as GPUBuffer, images)
  }

  release(): void {
    this.#released = true
    this.#releaseIdle()
  }

  #releaseIdle(): void {
    if (!this.#released || this.#started > 0 || this.#waiting.length > 0) return
    this.#released = false
    this.#pass?.destroy()
    this.#pass = undefined
  }

  /** Rejects waiting and running runs with a DisposedError. */
  dispose(): void {
    this.#disposed = true
    for (const { reject } of this.#waiting.splice(0)) reject(new DisposedError('The model'))
    this.#pass?.destroy()
    this.#pass = undefined
  }

  /** Deferred by a microtask, so that runs started together share a pass. */
  #schedule(): void {
    if (this.#scheduled || this.#started >= IN_FLIGHT || this.#waiting.length === 0) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      void this.#next()
    })
  }

  async #next(): Promise<void> {
    this.#dropAborted()
    if (this.#disposed || this.#waiting.length === 0) return
    this.#started++
    let taken: Waiting[] = []
    try {
      taken = this.#waiting.splice(0, this.#runsTogether())
      const start = performance.now()
      const outputs = await this.#compute(taken.map(({ inputs }) => inputs))
      const time = performance.now() - start
      for (const [i, { signal, onStep, resolve, reject }] of taken.entries()) {
        onStep?.(`forward of ${taken.length * this.#images}`, time)
        if (signal?.aborted) reject(signal.reason)
        else resolve(outputs[i]!)
      }
    } catch (error) {
      const reason = this.#disposed ? new DisposedError('The model') : error
      // If no pass could be created, all waiting runs fail.
      for (const { reject } of taken.length > 0 ? taken : this.#waiting.splice(0)) reject(reason)
    } finally {
      this.#started--
      this.#schedule()
      this.#releaseIdle()
    }
  }

  #runsTogether(): number {
    const { most } = this.#passOn()
    if (most < this.#images) {
      throw new LimitError(`This GPU takes ${most} images at once, not ${this.#images}.`)
    }
    return Math.max(1, Math.floor(Math.min(this.#batch, most) / this.#images))
  }

  #dropAborted(): void {
    this.#waiting = this.#waiting.filter(({ signal, reject }) => {
      if (signal?.aborted) reject(signal.reason)
      return !signal?.aborted
    })
  }

  /** Retries once on a new device after a device loss. */
  async #compute(runs: readonly Inputs[]): Promise<Outputs[]> {
    const { device } = this.#residency
    try {
      return await this.#runOn(this.#passOn(), runs)
    } catch (error) {
      if (!device.lost || this.#disposed) throw error
      await this.#residency.recover(device)
      if (this.#disposed) throw error
      return this.#runOn(this.#passOn(), runs)
    }
  }

  /** The first run is checked for errors: commands that the GPU rejects leave stale outputs. */
  async #runOn(pass: ForwardPass, runs: readonly Inputs[]): Promise<Outputs[]> {
    await this.#residency.ready
    const outputs = await pass.run(runs, this.#images, !this.#proven)
    this.#proven = true
    return outputs
  }

  #passOn(): ForwardPass {
    const { device, store, kernels } = this.#residency
    if (this.#pass?.device !== device) {
      this.#pass?.destroy()
      this.#pass = new ForwardPass(device, store, this.#program, kernels, this.#lower)
      this.#proven = false
    }
    return this.#pass
  }
}
