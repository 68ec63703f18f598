import type { Storage } from '../kernels/kernel.ts'

/** How a value lies in its buffer. */
export interface Layout {
  readonly storage: Storage
  /** Elements from one row to the next. */
  readonly stride: number
  /** Bytes of one image. */
  readonly bytes: number
}
