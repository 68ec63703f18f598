import { ArgumentError, UnsupportedError } from '../../errors.ts'
import type { Backend } from '../backend.ts'
import { createWebgpuBackend } from '../webgpu/webgpu.ts'
import { type Dialect, dialectOf } from './dialects.ts'
import { createTfjsModel } from './model.ts'
import { type Choice, chooseBackend, importCore } from './registered.ts'
import type { Tfjs } from './tf.ts'

export interface TfjsOptions {
  /**
   * The namespace of `@tensorflow/tfjs-core` or `@tensorflow/tfjs`. If absent, the core package is imported,
   * which does not work in bundled pages.
   */
  tf?: object | undefined
  /**
   * The backend of TensorFlow.js: `webgpu`, `webgl`, `wasm` or `cpu`. By default the active one, else the
   * first of these that runs here.
   */
  use?: string | undefined
  /**
   * On `webgpu`: `own` uses this package's kernels on the device of TensorFlow.js (the default), `plain` the
   * operations of TensorFlow.js.
   */
  kernels?: 'own' | 'plain' | undefined
}

/** What TensorFlow.js has here. */
export interface OpenedTfjs {
  readonly tf: Tfjs
  readonly dialect: Dialect
  readonly description: string
  /** Its GPUDevice, where this package's kernels run on it. */
  readonly device: object | undefined
}

/**
 * Finds TensorFlow.js and starts one of its backends.
 * @throws UnsupportedError where it is not installed, or none of its backends runs here
 */
export async function openTfjs(options: TfjsOptions): Promise<OpenedTfjs> {
  const { tf: given, use, kernels = 'own' } = options
  const tf = given === undefined ? await importCore() : asTfjs(given)
  const { name, reason }: Choice = await chooseBackend(tf, use)
  const description = `TensorFlow.js ${tf.version_core} on ${name}: ${reason}`
  const { device } = tf.backend() as { readonly device?: object }
  const hasOwn = name === 'webgpu' && kernels === 'own'
  return { tf, dialect: dialectOf(tf, name), description, device: hasOwn ? device : undefined }
}

/**
 * Creates a backend that runs programs with TensorFlow.js 4, on any of its backends. On WebGPU it runs this
 * package's kernels on the device of TensorFlow.js.
 * @throws UnsupportedError where TensorFlow.js is not installed, or none of its backends runs here
 */
export async function createTfjsBackend(options: TfjsOptions = {}): Promise<Backend> {
  const { tf, dialect, description, device } = await openTfjs(options)
  if (device) {
    const own = await createWebgpuBackend({ device })
    return Object.create(own, {
      name: { value: 'tfjs' },
      description: { value: `${description}; ${own.description}` },
    })
  }
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
    throw new UnsupportedError(`TensorFlow.js ${tf.version_core} is not supported; use version 4.`)
  }
  return tf
}
