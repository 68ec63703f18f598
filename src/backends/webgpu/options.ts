import { type Fields, flag, isArrayOf, oneOf, whole } from '../../fields.ts'
import type { Dtype } from '../backend.ts'

export interface WebgpuOptions {
  /**
   * An existing `GPUDevice`, such as that of TensorFlow.js. It is not destroyed with the model. If it is lost,
   * the model is lost too.
   */
  device?: object | undefined
  /** Which GPU a browser should prefer; `high-performance` by default. */
  powerPreference?: 'low-power' | 'high-performance' | undefined
  /**
   * Whether to measure tile sizes while weights are read; by default yes, unless the GPU is emulated on the
   * CPU.
   */
  tune?: boolean | undefined
  /**
   * Whether layer norms and softmax weights use subgroups where the GPU has them; true by default.
   */
  subgroups?: boolean | undefined
  /**
   * Node only, with `dtype: 'f16'`: use the GPU's matrix units (tensor cores), with f32 sums, where they are
   * faster. This is experimental in Dawn and enables its unsafe APIs.
   */
  matrices?: boolean | undefined
  /**
   * Node only: additional options for Dawn's `create`, such as `adapter=NVIDIA`,
   * `enable-dawn-features=allow_unsafe_apis`, `backend=null`.
   */
  dawn?: readonly string[] | undefined
  /** The most waiting images computed in one pass; 32 by default. */
  batch?: number | undefined
}

export interface WebgpuBackendOptions extends WebgpuOptions {
  /** `f32`, or `f16` where the GPU has it; see `Dtype`. */
  dtype?: Dtype | undefined
}

export const webgpuFields: Fields<WebgpuOptions> = {
  device: {
    wanted: 'a GPUDevice',
    valid: (value) =>
      typeof (value as Partial<GPUDevice> | null)?.createShaderModule === 'function',
  },
  powerPreference: oneOf('low-power', 'high-performance'),
  tune: flag,
  subgroups: flag,
  matrices: flag,
  dawn: {
    wanted: 'an array of texts',
    valid: (value) => isArrayOf(value, (one) => typeof one === 'string'),
  },
  batch: whole(1),
}
