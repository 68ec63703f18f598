import { DisposedError, LimitError } from '../../errors.ts'
import type { Program } from '../../program/program.ts'
import type { Executable, Inputs, Outputs, RunOptions } from '../backend.ts'
import { checkInputs } from '../inputs.ts'
import type { Home } from './home.ts'
import { ForwardPass } from './pass.ts'

/** Passes that are under way at once: while one is read back, the next computes. */
const IN_FLIGHT = 2

interface Waiting {
  readonly inputs: Inputs
  /** Looked at before a pass and after it, which is not long. */
  readonly signal: AbortSignal | undefined
  readonly onStep: RunOptions['onStep']
  resolve(outputs: Outputs): void
  reject(error: unknown): void
}

/**
 * A program over a model's weights. Runs that wait are computed together, as many as fit: a pass reads
 * the weights once, however many images it has.
 */
export class BatchedExecutable implements Executable {
  readonly #home: Home
  readonly #program: Program
  readonly #images: number
  readonly #batch: number
  #waiting: Waiting[] = []
  /** On the device that is in use; another device needs another. */
  #pass: ForwardPass | undefined
  #started = 0
  #scheduled = false
  #proven = false
  #disposed = false

  /**
   * @param images of each run
   * @param batch images of a pass, at most; more only where a run has more
   */
  constructor(home: Home, program: Program, images: number, batch: number) {
    this.#home = home
    this.#program = program
    this.#images = images
    this.#batch = batch
  }

  /** The pass that is in use, for those who count what it does. */
  get pass(): ForwardPass | undefined {
    return this.#pass
  }

  run(inputs: Inputs, { signal, onStep }: RunOptions = {}): Promise<Outputs> {
    return new Promise((resolve, reject) => {
      if (this.#disposed) throw new DisposedError('The model')
      checkInputs(this.#program, inputs, this.#images)
      signal?.throwIfAborted()
      this.#waiting.push({ inputs, signal, onStep, resolve, reject })
      this.#schedule()
    })
  }

  /** Of what the GPU refuses the device tells; where it is lost, so are the caller's buffers. */
  async runOnDevice(input: object, images: number): Promise<Record<string, GPUBuffer>> {
    if (this.#disposed) throw new DisposedError('The model')
    const pass = this.#passOn()
    await this.#home.ready
    return pass.runOnDevice(input as GPUBuffer, images)
  }

  /** What waits or is under way fails. */
  dispose(): void {
    this.#disposed = true
    for (const { reject } of this.#waiting.splice(0)) reject(new DisposedError('The model'))
    this.#pass?.destroy()
    this.#pass = undefined
  }

  /** Whoever calls in the same turn shares a pass. */
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
      // Where there is no pass, nobody of those who wait will have one.
      for (const { reject } of taken.length > 0 ? taken : this.#waiting.splice(0)) reject(reason)
    } finally {
      this.#started--
      this.#schedule()
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

  /** Where the device is lost on the way, once more on another. */
  async #compute(runs: readonly Inputs[]): Promise<Outputs[]> {
    const { device } = this.#home
    try {
      return await this.#runOn(this.#passOn(), runs)
    } catch (error) {
      if (!device.lost || this.#disposed) throw error
      await this.#home.recover(device)
      if (this.#disposed) throw error
      return this.#runOn(this.#passOn(), runs)
    }
  }

  /** The first run is checked: what the GPU refuses leaves old values where results should be. */
  async #runOn(pass: ForwardPass, runs: readonly Inputs[]): Promise<Outputs[]> {
    await this.#home.ready
    const outputs = await pass.run(runs, this.#images, !this.#proven)
    this.#proven = true
    return outputs
  }

  #passOn(): ForwardPass {
    const { device, store, kernels } = this.#home
    if (this.#pass?.device !== device) {
      this.#pass?.destroy()
      this.#pass = new ForwardPass(device, store, this.#program, kernels)
      this.#proven = false
    }
    return this.#pass
  }
}
