import type { Dtype } from '../backend.ts'
import type { Build } from './builds/builds.ts'
import type { ThreadOptions } from './threads/choose.ts'

export interface WasmOptions extends ThreadOptions {
  /** The number type of the linear layers; `f32` by default. */
  dtype?: Dtype | undefined
  /** Use these kernels instead of choosing the fastest. */
  kernels?: Build['name'] | undefined
  /**
   * Whether V8 may fuse pairs of 128-bit instructions into 256-bit ones (see v8/wide.ts). By default it does
   * where results are bit-identical and a short measurement shows a gain; `false`, or the environment
   * variable VITRINE_WIDE=0, turns it off.
   */
  wide?: boolean | undefined
}
