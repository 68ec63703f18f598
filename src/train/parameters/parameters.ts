import type { UpdateNumbers } from '../../program/training/update-rule.ts'

/** Tensors by name, row-major; bfloat16 as 16 bits each. */
export type Tensors = ReadonlyMap<string, Float32Array | Uint16Array>

/** What is trained, and the optimiser's state of it. Tensors that are got from them are copies. */
export interface Parameters {
  readonly values: ReadonlyMap<string, Float32Array>
  /** The optimiser's state by `stateNames`. */
  readonly state: Tensors
  /** Takes over values of all parameters, and the state; what it lacks is 0. */
  restore(values: ReadonlyMap<string, Float32Array>, state: Tensors): Promise<void>
  /** Has the model compute with other values from now on; with its own, written anew if need be, if undefined. */
  use(values: ReadonlyMap<string, Float32Array> | undefined): Promise<void>
  /** The global norm of the gradients that the model has; not finite where one of them has a value that is not. */
  norm(): Promise<number>
  /** Updates all parameters by the gradients of which `norm` was asked. */
  update(numbers: UpdateNumbers): Promise<void>
}
