import { type Fields, flag, oneOf, whole } from '../../fields.ts'
import type { WasmOptions } from './options.ts'
import { MAX_THREADS } from './threads/max-threads.ts'

/** The names are repeated here so that checking options does not load the backend. */
const kernels: Record<NonNullable<WasmOptions['kernels']>, true> = {
  simd8: true,
  simd16: true,
  relaxed8: true,
  relaxed16: true,
  dot8: true,
  dot16: true,
}

/** Checks of this backend's own options. */
export const wasmFields: Fields<Omit<WasmOptions, 'dtype'>> = {
  threads: whole(1, MAX_THREADS),
  blocking: flag,
  offThread: flag,
  wide: flag,
  kernels: oneOf(...Object.keys(kernels)),
}
