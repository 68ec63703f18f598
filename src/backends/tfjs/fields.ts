import { type Field, type Fields, oneOf, text } from '../../fields.ts'
import type { TfjsOptions } from './tfjs.ts'

/** A namespace is an object, or for CommonJS possibly a function. */
const namespace: Field = {
  wanted: 'the namespace of @tensorflow/tfjs-core or @tensorflow/tfjs',
  valid: (value) => (typeof value === 'object' && value !== null) || typeof value === 'function',
}

export const tfjsFields: Fields<TfjsOptions> = {
  tf: namespace,
  use: text,
  kernels: oneOf('own', 'plain'),
}
