const instructions = ['simd8', 'simd16', 'relaxed8', 'relaxed16', 'dot8', 'dot16'] as const

/** An instruction set and a panel width; with `-threads` for memory that threads share. */
type KernelName = (typeof instructions)[number] | `${(typeof instructions)[number]}-threads`

/**
 * The WebAssembly files of this package: the kernels, `probe`, which tells how the engine multiplies bytes, and the
 * codecs of images.
 */
export type WasmName = KernelName | 'probe' | 'jpeg' | 'webp' | 'png-encoder'

export const wasmNames: readonly WasmName[] = [
  ...instructions,
  ...instructions.map((name) => `${name}-threads` as const),
  'probe',
  'jpeg',
  'webp',
  'png-encoder',
]
