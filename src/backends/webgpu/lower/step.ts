import type { ValueId } from '../../../program/values.ts'
import type { Kernel } from '../kernels/kernel.ts'
import type { GemmShape } from '../tiles.ts'

/** A buffer bound to a kernel: a weight's or a value's. */
export type Operand = { readonly weight: string } | { readonly value: ValueId }

/** One dispatch of a forward pass, for any number of images. */
export interface Step {
  readonly label: string
  /** In the order of the kernel's bindings. */
  readonly operands: readonly Operand[]
  readonly makes: readonly ValueId[]
  for(images: number): Dispatch
}

export interface Dispatch {
  readonly kernel: Kernel
  /** The shape of the product, if it is one with a chosen tile. */
  readonly gemm?: GemmShape
  readonly params: readonly number[]
  readonly workgroups: readonly [x: number, y?: number, z?: number]
}

/** The values that a step reads or writes. */
export const valuesOf = ({ operands }: Pick<Step, 'operands'>): ValueId[] =>
  operands.flatMap((operand) => ('value' in operand ? [operand.value] : []))
