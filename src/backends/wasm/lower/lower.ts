import type { Program } from '../../../program/program.ts'
import type { ValueId } from '../../../program/values.ts'
import { type Addresses, Lowering, readersOf } from './lowering.ts'
import { lowerOp } from './ops/ops.ts'
import { Packing } from './packing.ts'
import type { TapeRecord } from './tape-writer.ts'

/** A value of all images in linear memory; strides in bytes. */
export interface Placed {
  readonly address: number
  readonly stride: number
  readonly imageBytes: number
  readonly images: number
  readonly rows: number
  readonly columns: number
}

export interface Lowered {
  /** Copied to the start of the arena before a run. */
  readonly tape: Uint32Array
  readonly records: readonly TapeRecord[]
  readonly arenaBytes: number
  /** Inputs are dense: no gaps between rows or images. */
  readonly inputs: Readonly<Record<string, Placed>>
  readonly outputs: Readonly<Record<string, Placed>>
  readonly scratch: Lowering['scratch']
}

/**
 * Lowers a Program to a tape (assembly/tape.ts) for a number of images. The left-hand side of each
 * product is packed, `rows` becomes an address, and buffers share the arena by their lifetimes.
 */
export function lower(program: Program, addresses: Addresses, images = 1): Lowered {
  const lowering = new Lowering(program, addresses, images, readersOf(program))
  const packing = new Packing(lowering)
  for (const op of program.ops) lowerOp(op, lowering, packing)
  return lowered(program, lowering)
}

/** The tape of operations that were all lowered. */
export function lowered(program: Pick<Program, 'inputs' | 'outputs'>, lowering: Lowering): Lowered {
  const { images } = lowering
  for (const id of Object.values(program.outputs)) lowering.tape.keep(lowering.locate(id).at)

  const { resolve, ...written } = lowering.tape.write(lowering.addresses.arena)
  const placed = (id: ValueId): Placed => {
    const { at, ...strides } = lowering.locate(id)
    const [rows, columns] = lowering.shape(id)
    return { address: resolve(at), ...strides, images, rows, columns }
  }
  const allPlaced = (ids: Readonly<Record<string, ValueId>>) =>
    Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, placed(id)]))
  return {
    ...written,
    inputs: allPlaced(program.inputs),
    outputs: allPlaced(program.outputs),
    scratch: lowering.scratch,
  }
}
