import type { Dtype } from '../backend.ts'
import type { Build } from './builds/builds.ts'
import type { ThreadOptions } from './threads/choose.ts'

export interface WasmOptions extends ThreadOptions {
  /**
   * How linear layers compute; `f32` by default. `int16` (11-bit weights, 12-bit activations) keeps the accuracy of f32
   * and gives the same bits on every machine; `int8` (8-bit weights, 7-bit activations) is the fastest and takes a
   * quarter of the memory. Any checkpoint is quantised while it is read. `f16` is for GPUs.
   */
  dtype?: Dtype | undefined
  /** Use these kernels instead of the machine's fastest; UnsupportedError if this engine can't run them. */
  kernels?: Build['name'] | undefined
  /**
   * Whether V8 may fuse pairs of 128-bit instructions into 256-bit ones. By default it may if the results have the same
   * bits and a short measurement shows a gain; `false`, or the environment variable VITRINE_WIDE=0, turns it off.
   */
  wide?: boolean | undefined
}
