import { ArgumentError, UnsupportedError } from '../../errors.ts'
import type { Backend } from '../backend.ts'
import { createWebgpuBackend } from '../webgpu/webgpu.ts'
import { dialectOf } from './dialects.ts'
import { createTfjsModel } from './model.ts'
import { type Choice, chooseBackend, importCore } from './registered.ts'
import type { Tfjs } from './tf.ts'

export interface TfjsOptions {
  /**
   * The namespace of `@tensorflow/tfjs-core` (or `@tensorflow/tfjs`) that the program already has;
   * imported where it is not given, which bundled pages can't.
   */
  tf?: object | undefined
  /**
   * The backend of TensorFlow.js: `webgpu`, `webgl`, `wasm`, `cpu`. Where it is not given, the one in
   * use, else the first of these that runs here.
   */
  use?: string | undefined
  /**
   * On `webgpu`: this package's kernels on the device of TensorFlow.js (`own`, unless said otherwise),
   * or its operations (`plain`).
   */
  kernels?: 'own' | 'plain' | undefined
}

/**
 * Runs programs by the operations of TensorFlow.js 4, on whichever of its backends is there; on WebGPU
 * by own kernels, which share its device.
 * @throws UnsupportedError where TensorFlow.js is not installed, or none of its backends runs here
 */
export async function createTfjsBackend(options: TfjsOptions = {}): Promise<Backend> {
  const { tf: given, use, kernels = 'own' } = options
  const tf = given === undefined ? await importCore() : asTfjs(given)
  const { name, reason }: Choice = await chooseBackend(tf, use)
  const description = `TensorFlow.js ${tf.version_core} on ${name}: ${reason}`
  if (name === 'webgpu' && kernels === 'own') {
    const { device } = tf.backend() as { readonly device: object }
    const own = await createWebgpuBackend({ device })
    return Object.create(own, {
      name: { value: 'tfjs' },
      description: { value: `${description}; ${own.description}` },
    })
  }
  const dialect = dialectOf(tf, name)
  return {
    name: 'tfjs',
    description,
    createModel: (weights) => createTfjsModel(tf, dialect, weights),
  }
}

function asTfjs(given: object): Tfjs {
  const tf = given as Tfjs
  if (typeof tf.engine !== 'function' || typeof tf.fused?.matMul !== 'function') {
    throw new ArgumentError(
      'tf must be the namespace of @tensorflow/tfjs-core or @tensorflow/tfjs.',
    )
  }
  if (!/^4\./.test(tf.version_core)) {
    throw new UnsupportedError(`TensorFlow.js ${tf.version_core} is not known here; 4 is.`)
  }
  return tf
}
