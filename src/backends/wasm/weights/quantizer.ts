import type { Quantization } from '../../../../assembly/tape.ts'
import type { Weight } from '../../../program/values.ts'
import { paddedInputs } from '../../../quantization/int8.ts'
import type { Region } from '../../backend.ts'
import { type Build, integerSteps, SCALE_STEPS } from '../builds/builds.ts'
import { CONTROL } from '../memory/layout.ts'
import { intoPanels, type KernelInstance, quantizingBytes, STAGING_FLOATS } from './panels.ts'

/** A partly written kernel, in f32 panels. */
interface Pending {
  readonly address: number
  readonly bytes: number
  written: number
}

/**
 * Quantises kernels. A scale needs a whole column, but values arrive in pieces. So partly written kernels
 * are kept in f32, in a separate memory that is dropped when all are complete.
 */
export class Quantizer {
  readonly #build: Build
  readonly #quantization: Quantization
  readonly #start: (bytes: number) => KernelInstance
  readonly #longest: number
  readonly #pending = new Map<string, Pending>()
  /** Kernels that are not complete yet. */
  readonly #missing: Set<string>
  #instance: KernelInstance | undefined

  constructor(
    build: Build,
    quantization: Quantization,
    kernels: readonly Weight[],
    start: (bytes: number) => KernelInstance,
  ) {
    this.#build = build
    this.#quantization = quantization
    this.#start = start
    this.#longest = kernels.reduce((most, { shape }) => Math.max(most, paddedInputs(shape[0])), 0)
    this.#missing = new Set(kernels.map(({ name }) => name))
  }

  /** How many of a kernel's values were written; Infinity once it is quantised. */
  written(name: string): number {
    return this.#pending.get(name)?.written ?? (this.#missing.has(name) ? 0 : Infinity)
  }

  /** Whether a kernel is partly written here. */
  hasBegun(name: string): boolean {
    return this.#pending.has(name)
  }

  /** Marks a kernel as complete. */
  complete(name: string): void {
    this.#missing.delete(name)
    if (this.#missing.size === 0 && this.#pending.size === 0) this.#instance = undefined
  }

  /**
   * Takes over a kernel that was partly written in another form.
   * @param written the number of values written
   * @param floats its f32 panels in order, with 0 for missing values
   */
  adopt(weight: Weight, written: number, floats: Iterable<Float32Array>): void {
    const pending = this.#begin(weight)
    let { address } = pending
    for (const panel of floats) {
      this.#instance!.linear.floats(address, panel.length).set(panel)
      address += panel.byteLength
    }
    pending.written = written
  }

  /**
   * Writes values of a kernel; each must be written once. After the last, `take` receives the quantised
   * kernel panel by panel. The words are valid only during the call.
   */
  write(
    weight: Weight,
    region: Region,
    start: number,
    values: Float32Array,
    take: (panel: number, words: Uint32Array) => void,
  ): void {
    const [inner, columns] = weight.shape
    const rows = paddedInputs(inner)
    const pending = this.#pending.get(weight.name) ?? this.#begin(weight)
    const instance = this.#instance!
    for (let done = 0; done < values.length; done += STAGING_FLOATS) {
      const part = values.subarray(done, done + STAGING_FLOATS)
      intoPanels(instance, CONTROL, pending.address, rows, region, start + done, part)
    }
    pending.written += values.length
    if (pending.written < inner * columns) return

    const { panel: width } = this.#build
    const { target, scratch } = this.#places()
    const words = instance.linear.words(
      target,
      (integerSteps(this.#build, inner) + SCALE_STEPS) * width,
    )
    for (let panel = 0; panel * width < columns; panel++) {
      const source = pending.address + panel * rows * width * 4
      instance.kernels.quantizePanel(source, target, scratch, inner, this.#quantization)
      take(panel, words)
    }
    this.#pending.delete(weight.name)
    this.complete(weight.name)
  }

  /** Memory layout from address 0: constants, staging, one integer panel, scratch, pending kernels. */
  #places(): { target: number; scratch: number; kernels: number } {
    const target = CONTROL + STAGING_FLOATS * 4
    const scratch = target + (this.#longest + SCALE_STEPS) * this.#build.panel * 4
    return { target, scratch, kernels: scratch + quantizingBytes(this.#longest) }
  }

  /** Allocates a kernel, first fit. */
  #begin({ name, shape: [inner, columns] }: Weight): Pending {
    const { panel } = this.#build
    const bytes = Math.ceil(columns / panel) * panel * paddedInputs(inner) * 4
    let address = this.#places().kernels
    for (const other of [...this.#pending.values()].sort((a, b) => a.address - b.address)) {
      if (address + bytes <= other.address) break
      address = other.address + other.bytes
    }
    this.#instance ??= this.#start(address + bytes)
    this.#instance.linear.reserve(address + bytes)
    // The padding of the last panel, and of rows to a multiple of eight, must be zero.
    this.#instance.linear.floats(address, bytes / 4).fill(0)
    const pending = { address, bytes, written: 0 }
    this.#pending.set(name, pending)
    return pending
  }
}
