import type { ErrorMessage } from '../../error-message.ts'
import type { RGBImage } from '../image.ts'
import type { DrawnImage } from './draw-job.ts'

/** Messages of the worker: `ready` once, then the result of each job. */
export type Report =
  | { readonly tell: 'ready' }
  | { readonly tell: 'done'; readonly result: RGBImage | Float32Array | DrawnImage }
  | { readonly tell: 'failed'; readonly error: ErrorMessage }
