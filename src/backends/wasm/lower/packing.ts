import { Opcode, PackField, type Quantization } from '../../../../assembly/tape.ts'
import type { Op } from '../../../program/ops/operations.ts'
import type { Transpose } from '../../../program/ops/transpose.ts'
import type { ValueId } from '../../../program/values.ts'
import { integerSteps, SCALE_STEPS } from '../builds/builds.ts'
import { padFloats } from '../memory/layout.ts'
import type { Block, Lowering } from './lowering.ts'
import { type Norm, normFields } from './norm-fields.ts'
import type { Slot, Word } from './tape-writer.ts'

/**
 * Packs the left-hand sides of products. Each is packed once for all products that read it. A norm or a
 * transposed value that only products read is computed during packing.
 */
export class Packing {
  readonly #lowering: Lowering
  readonly #packed = new Map<string, Slot>()
  readonly #norms = new Map<ValueId, Norm>()
  readonly #transposes = new Map<ValueId, Transpose>()

  constructor(lowering: Lowering) {
    this.#lowering = lowering
  }

  /** Defers a norm until its result is packed, if nothing else reads it. Returns whether it does. */
  deferNorm(op: Norm): boolean {
    if (!this.#isFactor(op.output)) return false
    this.#norms.set(op.output, op)
    return true
  }

  /** The same for a transposed value. */
  deferTranspose(op: Transpose): boolean {
    if (op.residual !== undefined || !this.#isFactor(op.output)) return false
    this.#transposes.set(op.output, op)
    return true
  }

  /** The blocks of a value that is packed, and of others with the same rows. */
  blocks(id: ValueId, others: readonly ValueId[]): Block[] {
    const [rows] = this.#lowering.shape(id)
    if (this.#transposes.has(id)) return this.#lowering.blocksWithin(rows, rows)
    return this.#lowering.blocks(rows, [this.#norms.get(id)?.input ?? id, ...others])
  }

  /** Packs a block of a value, as floats or as integers. Returns where it is. */
  pack(id: ValueId, block: Block, quantization: Quantization | undefined): Slot {
    const key = `${id} ${block.image} ${block.row} ${block.rows} ${quantization}`
    const known = this.#packed.get(key)
    if (known) return known
    const lowering = this.#lowering
    const norm = this.#norms.get(id)
    const transpose = this.#transposes.get(id)
    const source = (norm ?? transpose)?.input ?? id
    const kind = norm ? Opcode.NormPack : transpose ? Opcode.ColumnPack : Opcode.Pack
    const fields = {
      ...lowering.fieldsOf(PackField.Input, source, block.image, block.row),
      ...(norm && normFields(norm, lowering)),
    }
    const [, columns] = lowering.shape(id)
    const packed = emitPack(kind, id, block.rows, columns, quantization, fields, lowering)
    this.#packed.set(key, packed)
    return packed
  }

  /** Whether a value is read only as the left-hand side of products. */
  #isFactor(id: ValueId): boolean {
    return this.#lowering.readOnlyBy(id, (op: Op) => op.op === 'linear' && op.residual !== id)
  }
}

/** Packs rows of some kind, as floats or as integers. Returns where they are. */
export function emitPack(
  kind: Opcode,
  value: ValueId,
  rows: number,
  columns: number,
  quantization: Quantization | undefined,
  fields: Readonly<Record<number, Word>>,
  lowering: Lowering,
): Slot {
  const integer = quantization !== undefined
  const { build } = lowering.addresses
  const steps = integer ? integerSteps(build, columns) + SCALE_STEPS : columns
  const packed = lowering.tape.allocate(rows * steps * 4)
  lowering.useScratch(padFloats(columns))
  lowering.emit(integer ? kind + Opcode.IntegerPack : kind, value, {
    ...fields,
    [PackField.Packed]: packed,
    [PackField.Rows]: rows,
    [PackField.Columns]: columns,
    [PackField.Quantization]: quantization ?? 0,
  })
  return packed
}
