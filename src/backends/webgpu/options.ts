import { type Fields, flag, isArrayOf, oneOf, whole } from '../../fields.ts'
import type { Dtype } from '../backend.ts'

export interface WebgpuOptions {
  /**
   * A `GPUDevice` that the program already has, such as that of TensorFlow.js's backend. It is not
   * destroyed with the model, and where it is lost the model is too.
   */
  device?: object | undefined
  /** Which of several GPUs a browser should take; the fast one unless said otherwise. */
  powerPreference?: 'low-power' | 'high-performance' | undefined
  /**
   * Whether tiles of products are measured while weights are read; they are unless the GPU is a program
   * on the CPU.
   */
  tune?: boolean | undefined
  /**
   * Whether layer norms and softmax weights are summed through subgroups where the GPU has them; they are
   * unless said otherwise.
   */
  subgroups?: boolean | undefined
  /**
   * Node only, with `dtype: 'f16'`: products by the GPU's units for matrices (tensor cores), with sums in
   * f32, where they are faster. An experiment of Dawn's, for which its unsafe features are switched on.
   */
  matrices?: boolean | undefined
  /**
   * Node only: options for Dawn's `create` besides ours, such as `adapter=NVIDIA`,
   * `enable-dawn-features=allow_unsafe_apis`, `backend=null`.
   */
  dawn?: readonly string[] | undefined
  /** How many images one pass over the weights takes at most, where as many wait; 32 unless said otherwise. */
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
