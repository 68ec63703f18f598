import { type Fields, flag, oneOf, whole } from '../../fields.ts'
import { MAX_THREADS } from './threads/max-threads.ts'
import type { WasmOptions } from './wasm.ts'

/** Apart from the kernels, which are not loaded before it is known that they compute. */
const kernels: Record<NonNullable<WasmOptions['kernels']>, true> = {
  simd8: true,
  simd16: true,
  relaxed8: true,
  relaxed16: true,
  dot8: true,
  dot16: true,
}

/** What the options must be that only this backend has. */
export const wasmFields: Fields<Omit<WasmOptions, 'dtype'>> = {
  threads: whole(1, MAX_THREADS),
  blocking: flag,
  wide: flag,
  kernels: oneOf(...Object.keys(kernels)),
}
