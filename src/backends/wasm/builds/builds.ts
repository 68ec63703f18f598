import type { Dtype } from '../../backend.ts'

/** Instruction set and panel width of a compiled set of kernels. */
export interface Build {
  readonly name: 'simd8' | 'simd16' | 'relaxed8' | 'relaxed16' | 'dot8' | 'dot16'
  /** Fused multiply-add of four lanes (the relaxed SIMD proposal). */
  readonly relaxed: boolean
  /** Columns of a panel of the right-hand matrix. 16 is faster where the engine fuses two vectors into one. */
  readonly panel: 8 | 16
  /** The integer kernel: integers per step of k (32 bits), and the multiple that rows are padded to. */
  readonly integers: { readonly perStep: 2 | 4; readonly multiple: 2 | 8 }
}

const i16 = { perStep: 2, multiple: 2 } as const
const i8 = { perStep: 4, multiple: 8 } as const

/** How kernels are used: the type of linear layers, whether threads share the memory, and whether they train. */
export interface KernelUse {
  readonly dtype: Dtype
  readonly shared: boolean
  /** The kernels for training, which are modules of their own. */
  readonly training?: boolean
}

export const builds: readonly Build[] = [
  { name: 'simd8', relaxed: false, panel: 8, integers: i16 },
  { name: 'simd16', relaxed: false, panel: 16, integers: i16 },
  { name: 'relaxed8', relaxed: true, panel: 8, integers: i8 },
  { name: 'relaxed16', relaxed: true, panel: 16, integers: i8 },
  { name: 'dot8', relaxed: true, panel: 8, integers: i8 },
  { name: 'dot16', relaxed: true, panel: 16, integers: i8 },
]

/** Steps of a quantised row of `columns` values, without its scale and zero point. */
export function integerSteps({ integers: { perStep, multiple } }: Build, columns: number): number {
  return (Math.ceil(columns / multiple) * multiple) / perStep
}

/** Steps behind each row or panel for scales and zero points; SCALE_STEPS of assembly/gemm/gemm.ts. */
export const SCALE_STEPS = 2
