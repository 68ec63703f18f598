import type { Weight } from '../../../program/values.ts'
import { paddedInputs } from '../../../quantization/int8.ts'
import type { Region } from '../../backend.ts'
import { type Build, integerSteps, SCALE_STEPS } from '../builds/builds.ts'
import { type KernelInstance, quantizingBytes } from './panels.ts'

/** The most integers staged at once; with a scale each (columns of one row), 640 kB. */
const STAGED = 1 << 17

/** The staging memory that `Int8Panels` needs for a kernel of `inner` rows. */
export function stagedInt8Bytes({ panel }: Build, inner: number): number {
  const rows = paddedInputs(inner)
  return Math.max(5 * STAGED, rows * panel * 4 + quantizingBytes(rows))
}

/**
 * Writes kernels that a file stores as int8 with scales. The integers go directly into their panels, without a
 * second copy. When a kernel is complete, its panels get scales and sums by the kernels' own rule.
 */
export class Int8Panels {
  readonly #build: Build
  /** Values written so far of incomplete kernels. */
  readonly #written = new Map<string, number>()

  constructor(build: Build) {
    this.#build = build
  }

  /** How many of a kernel's values were written; undefined if none or all were. */
  written(name: string): number | undefined {
    return this.#written.get(name)
  }

  /**
   * Writes values of a kernel; each must be written once. See `WeightSink.writeInt8`.
   * @param staging memory of `stagedInt8Bytes`
   * @param address of the kernel's panels
   * @param region of whole columns
   * @returns whether the kernel is complete
   */
  write(
    { linear, kernels }: KernelInstance,
    staging: number,
    address: number,
    { name, shape: [inner, columns] }: Weight,
    region: Region,
    start: number,
    values: Int8Array,
    scales: Float32Array,
  ): boolean {
    const bytes = this.#panelBytes(inner)
    const panels = Math.ceil(columns / this.#build.panel)
    // The memory may hold an earlier version of the weight.
    if (!this.#written.has(name)) linear.bytes(address, panels * bytes).fill(0)
    for (let done = 0; done < values.length; done += STAGED) {
      const part = values.subarray(done, done + STAGED)
      const first = start + done
      const end = Math.ceil((first + part.length) / inner)
      const used = scales.subarray(Math.floor(first / inner), end)
      const integers = staging + used.byteLength
      linear.floats(staging, used.length).set(used)
      linear.bytes(integers, part.length).set(part)
      kernels.packInt8Panels(integers, staging, part.length, address, inner, region.column, first)
    }
    const written = (this.#written.get(name) ?? 0) + values.length
    this.#written.set(name, written)
    if (written < inner * columns) return false
    for (let panel = 0; panel < panels; panel++) {
      kernels.settleInt8Panel(address + panel * bytes, staging, inner)
    }
    this.#written.delete(name)
    return true
  }

  /**
   * Converts an incomplete kernel to f32, since its remaining values arrive as floats.
   * @returns its f32 panels; each is valid until the next is requested
   */
  *floats(
    { linear, kernels }: KernelInstance,
    staging: number,
    address: number,
    { name, shape: [inner, columns] }: Weight,
  ): Generator<Float32Array> {
    const { panel: width } = this.#build
    for (let panel = 0; panel * width < columns; panel++) {
      kernels.dequantizePanel(address + panel * this.#panelBytes(inner), staging, inner)
      yield linear.floats(staging, paddedInputs(inner) * width)
    }
    this.#written.delete(name)
  }

  #panelBytes(inner: number): number {
    return (integerSteps(this.#build, inner) + SCALE_STEPS) * this.#build.panel * 4
  }
}
