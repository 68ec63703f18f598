import { DisposedError, GpuError } from '../../errors.ts'
import type { Weight } from '../../program/values.ts'
import type { Refill } from '../backend.ts'
import type { Device } from './device.ts'
import type { Storage } from './kernels/kernel.ts'
import { type Placers, WeightStore } from './store.ts'

/** An open device, and the kernels that write weights to it. */
export interface Opened {
  readonly device: Device
  readonly placers: Placers
}

/** Keeps the weights of a model resident on a device, and moves them to a new one after a device loss. */
export class Residency {
  readonly kernels: Storage
  readonly #weights: readonly Weight[]
  readonly #reopen: (lost: Device) => Promise<Opened>
  readonly #refill: Refill | undefined
  readonly #advice: string | undefined
  #device: Device
  #store!: WeightStore
  #ready: Promise<unknown>
  #moving: Promise<void> | undefined
  #closed = false

  /**
   * @param reopen opens a replacement for a lost device
   * @param refill writes the weights again
   * @param advice what to do where they can't be written again
   */
  constructor(
    opened: Opened,
    weights: readonly Weight[],
    kernels: Storage,
    reopen: (lost: Device) => Promise<Opened>,
    refill: Refill | undefined,
    advice?: string,
  ) {
    this.kernels = kernels
    this.#weights = weights
    this.#reopen = reopen
    this.#refill = refill
    this.#advice = advice
    this.#device = opened.device
    this.#ready = this.#device.checked('the weights', () => {
      this.#store = new WeightStore(opened, weights, kernels)
    })
    // The first run reports the error.
    this.#ready.catch(() => {})
  }

  get device(): Device {
    return this.#device
  }

  get store(): WeightStore {
    return this.#store
  }

  /** Rejects where the weights do not fit, or preparation failed. */
  get ready(): Promise<unknown> {
    return this.#ready
  }

  /** Delays runs until `act` is done. */
  readyAfter(act: () => Promise<void>): void {
    this.#ready = Promise.all([this.#ready, act()])
    this.#ready.catch(() => {})
  }

  /**
   * Moves to a new device, unless another call has done so.
   * @throws GpuError where there is none, or the weights can't be written again
   */
  async recover(lost: Device): Promise<void> {
    if (this.#device !== lost) return
    this.#moving ??= this.#move(lost).finally(() => {
      this.#moving = undefined
    })
    await this.#moving
  }

  close(): void {
    this.#closed = true
    this.#store.destroy()
  }

  async #move(lost: Device): Promise<void> {
    if (!this.#refill || !lost.replaceable) {
      const why = lost.replaceable
        ? 'its weights came from a source that can be read only once'
        : 'the device was opened by the caller'
      throw new GpuError(`${lost.lost!.message} ${this.#advice ?? `Load the model again: ${why}.`}`)
    }
    const opened = await this.#reopen(lost).catch((cause: Error) => {
      throw new GpuError(`${lost.lost!.message} It can't be replaced: ${cause.message}`, { cause })
    })
    const store = new WeightStore(opened, this.#weights, this.kernels)
    try {
      await this.#refill(store)
      if (this.#closed) throw new DisposedError('The model')
    } catch (error) {
      store.destroy()
      throw error
    }
    this.#store.destroy()
    this.#device = opened.device
    this.#store = store
    this.#ready = Promise.resolve()
  }
}
