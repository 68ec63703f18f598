import { Control, Quantization } from '../../../../assembly/tape.ts'
import { ArgumentError } from '../../../errors.ts'
import { weightsOf } from '../../../program/ops/operations.ts'
import type { Program } from '../../../program/program.ts'
import type { Weight } from '../../../program/values.ts'
import { dequantize } from '../../../quantization/int8.ts'
import type { Dtype, Region } from '../../backend.ts'
import { checkRegion, checkScales, placeRegion } from '../../weights.ts'
import { type Build, integerSteps, SCALE_STEPS } from '../builds/builds.ts'
import { CONTROL, padFloats } from '../memory/layout.ts'
import { Int8Panels, stagedInt8Bytes } from './int8.ts'
import { intoPanels, type KernelInstance, STAGING_FLOATS } from './panels.ts'
import { Quantizer } from './quantizer.ts'

interface Placed {
  readonly weight: Weight
  readonly address: number
  /** The 32-bit words that it takes. */
  readonly floats: number
  readonly quantized: boolean
}

/**
 * Places and writes the weights of a model in its linear memory. Layout from address 0: constants,
 * control block, zeros, staging, weights. Memory from `end` on is not used here.
 */
export class WeightStore {
  /** A row of zeros: the bias of layers without one. */
  readonly zeros: number
  readonly end: number
  readonly #staging: number
  readonly #placed: ReadonlyMap<string, Placed>
  readonly #quantization: Quantization | undefined
  readonly #quantizer: Quantizer | undefined
  readonly #int8: Int8Panels | undefined

  /** @param start creates the separate memory for kernels to be quantised */
  constructor(
    build: Build,
    weights: readonly Weight[],
    dtype: Dtype,
    start: (bytes: number) => KernelInstance,
  ) {
    let top = CONTROL + Control.Words * 4
    const allocate = (bytes: number) => {
      const address = top
      top += Math.ceil(bytes / 64) * 64
      return address
    }
    const widest = weights.reduce((most, { shape }) => Math.max(most, padFloats(shape[1])), 16)
    this.zeros = allocate(widest * 4)
    const isQuantized = ({ role, precise }: Weight) =>
      dtype !== 'f32' && role === 'kernel' && !precise
    const kernels = weights.filter(isQuantized)
    const longest = kernels.reduce((most, { shape }) => Math.max(most, shape[0]), 0)
    const staged = dtype === 'int8' ? stagedInt8Bytes(build, longest) : 0
    this.#staging = allocate(Math.max(STAGING_FLOATS * 4, staged))
    this.#placed = new Map(
      weights.map((weight) => {
        const quantized = isQuantized(weight)
        const floats = storedFloats(weight, build, quantized)
        return [weight.name, { weight, address: allocate(4 * floats), floats, quantized }]
      }),
    )
    this.end = allocate(0)
    if (dtype === 'f32') return
    this.#quantization = dtype === 'int8' ? Quantization.Int8 : Quantization.Int16
    this.#quantizer = new Quantizer(build, this.#quantization, kernels, start)
    if (dtype === 'int8') this.#int8 = new Int8Panels(build)
  }

  address(name: string): number {
    return this.#placed.get(name)!.address
  }

  /** The floats that a weight takes, with those of padding; undefined where there is no such weight. */
  floats(name: string): number | undefined {
    return this.#placed.get(name)?.floats
  }

  /** How a kernel is quantised; undefined where it is stored in f32. */
  quantization(name: string): Quantization | undefined {
    return this.#placed.get(name)!.quantized ? this.#quantization : undefined
  }

  /** @throws ArgumentError where a quantised kernel was not written completely */
  requireComplete(program: Program): void {
    if (!this.#quantizer) return
    for (const id of program.ops.flatMap(weightsOf)) {
      const { name, shape } = program.weights[id]!
      if (!this.#placed.get(name)!.quantized) continue
      const written = this.#int8?.written(name) ?? this.#quantizer.written(name)
      const all = shape[0] * shape[1]
      if (written >= all) continue
      throw new ArgumentError(
        `${name} is quantised once all of its ${all} values are written; ${written} were.`,
      )
    }
  }

  /** See `WeightSink.write`. */
  write(
    instance: KernelInstance,
    name: string,
    region: Region,
    start: number,
    values: Float32Array,
  ): void {
    const placed = this.#placed.get(name)
    checkRegion(name, placed?.weight.shape, region, start, values.length)
    const { weight, address, quantized } = placed!
    const [inner, columns] = weight.shape
    if (weight.role !== 'kernel') {
      placeRegion(columns, region, start, values, instance.linear.floats(address, inner * columns))
    } else if (quantized) {
      const before = this.#int8?.written(name)
      if (before !== undefined) {
        const floats = this.#int8!.floats(instance, this.#staging, address, weight)
        this.#quantizer!.adopt(weight, before, floats)
      }
      this.#quantizer!.write(weight, region, start, values, (panel, words) => {
        instance.linear.words(address + panel * words.byteLength, words.length).set(words)
      })
    } else {
      for (let done = 0; done < values.length; done += STAGING_FLOATS) {
        const part = values.subarray(done, done + STAGING_FLOATS)
        intoPanels(instance, this.#staging, address, inner, region, start + done, part)
      }
    }
  }

  /** See `WeightSink.writeInt8`. */
  writeInt8(
    instance: KernelInstance,
    name: string,
    region: Region,
    start: number,
    values: Int8Array,
    scales: Float32Array,
  ): void {
    const placed = this.#placed.get(name)
    checkRegion(name, placed?.weight.shape, region, start, values.length)
    checkScales(name, region, scales)
    const { weight, address, quantized } = placed!
    const isWhole = region.row === 0 && region.rows === weight.shape[0]
    if (this.#int8 && quantized && isWhole && !this.#quantizer!.hasBegun(name)) {
      const place = [this.#staging, address, weight, region] as const
      if (this.#int8.write(instance, ...place, start, values, scales))
        this.#quantizer!.complete(name)
    } else {
      const floats = new Float32Array(values.length)
      dequantize(values, start, region.rows, scales, floats)
      this.write(instance, name, region, start, floats)
    }
  }
}

/** The 32-bit words that a weight takes in the layout of its role. */
function storedFloats(
  { shape: [rows, columns], role }: Weight,
  build: Build,
  quantized: boolean,
): number {
  if (role !== 'kernel') return rows === 1 ? padFloats(columns) : rows * columns
  const steps = quantized ? integerSteps(build, rows) + SCALE_STEPS : rows
  return Math.ceil(columns / build.panel) * build.panel * steps
}
