import { DisposedError, GpuError } from '../../errors.ts'
import type { Weight } from '../../program/values.ts'
import type { Refill } from '../backend.ts'
import type { Device } from './device.ts'
import type { Storage } from './kernels/kernel.ts'
import { type Placers, WeightStore } from './store.ts'

/** A device that is open, and what places weights on it. */
export interface Opened {
  readonly device: Device
  readonly placers: Placers
}

/** Where a model lives: a device, and its weights there. Where the device is lost it moves to another. */
export class Home {
  readonly kernels: Storage
  readonly #weights: readonly Weight[]
  readonly #reopen: (lost: Device) => Promise<Opened>
  readonly #refill: Refill | undefined
  #device: Device
  #store!: WeightStore
  #ready: Promise<unknown>
  #moving: Promise<void> | undefined
  #closed = false

  /**
   * @param reopen another device in the place of a lost one
   * @param refill writes the weights again
   */
  constructor(
    opened: Opened,
    weights: readonly Weight[],
    kernels: Storage,
    reopen: (lost: Device) => Promise<Opened>,
    refill: Refill | undefined,
  ) {
    this.kernels = kernels
    this.#weights = weights
    this.#reopen = reopen
    this.#refill = refill
    this.#device = opened.device
    this.#ready = this.#device.checked('the weights', () => {
      this.#store = new WeightStore(opened, weights, kernels)
    })
    // Who runs first is told.
    this.#ready.catch(() => {})
  }

  get device(): Device {
    return this.#device
  }

  get store(): WeightStore {
    return this.#store
  }

  /** Fails where the GPU has no room for the weights, or what had to be done before failed. */
  get ready(): Promise<unknown> {
    return this.#ready
  }

  /** Does something before anybody runs. */
  readyAfter(act: () => Promise<void>): void {
    this.#ready = Promise.all([this.#ready, act()])
    this.#ready.catch(() => {})
  }

  /**
   * Moves to another device, where nobody has done so yet.
   * @throws GpuError where there is none, or nobody can write the weights again
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
        : 'it was not this package that opened it'
      throw new GpuError(`${lost.lost!.message} Load the model again: ${why}.`)
    }
    const opened = await this.#reopen(lost).catch((cause: Error) => {
      throw new GpuError(`${lost.lost!.message} There is no other: ${cause.message}`, { cause })
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
