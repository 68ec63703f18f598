import { ArgumentError, UnsupportedError } from '../../errors.ts'
import type { Backend } from '../backend.ts'
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
}

/**
 * Runs programs by the operations of TensorFlow.js 4, on whichever of its backends is there.
 * @throws UnsupportedError where TensorFlow.js is not installed, or none of its backends runs here
 */
export async function createTfjsBackend({ tf: given, use }: TfjsOptions = {}): Promise<Backend> {
  const tf = given === undefined ? await importCore() : asTfjs(given)
  const { name, reason }: Choice = await chooseBackend(tf, use)
  const dialect = dialectOf(tf, name)
  return {
    name: 'tfjs',
    description: `TensorFlow.js ${tf.version_core} on ${name}: ${reason}`,
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
