import { NormField, Opcode, PackField, type Quantization } from '../../../../assembly/tape.ts'
import type { LayerNorm } from '../../../program/ops/layer-norm.ts'
import type { Op } from '../../../program/ops/operations.ts'
import type { Transpose } from '../../../program/ops/transpose.ts'
import type { ValueId } from '../../../program/values.ts'
import { padFloats } from '../memory/layout.ts'
import type { Block, Lowering } from './lowering.ts'
import { normFields } from './norm-fields.ts'
import type { Slot } from './tape-writer.ts'

/**
 * Packs the left-hand sides of products. Each is packed once for all products that read it. A layer norm or a
 * transposed value that only products read is computed during packing.
 */
export class Packing {
  readonly #lowering: Lowering
  readonly #packed = new Map<string, Slot>()
  readonly #norms = new Map<ValueId, LayerNorm>()
  readonly #transposes = new Map<ValueId, Transpose>()

  constructor(lowering: Lowering) {
    this.#lowering = lowering
  }

  /** Defers a layer norm until its result is packed, if nothing else reads it. Returns whether it does. */
  deferNorm(op: LayerNorm): boolean {
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
    const [, columns] = lowering.shape(id)
    const integer = quantization !== undefined
    const packed = lowering.tape.allocate(lowering.packedBytes(block.rows, columns, quantization))
    this.#packed.set(key, packed)
    const norm = this.#norms.get(id)
    if (norm) {
      lowering.emit(integer ? Opcode.IntegerNormPack : Opcode.NormPack, id, {
        ...normFields(norm, block, lowering),
        [NormField.Packed]: packed,
        [NormField.Quantization]: quantization ?? 0,
      })
      return packed
    }
    const fields = {
      [PackField.Packed]: packed,
      [PackField.Rows]: block.rows,
      [PackField.Columns]: columns,
      [PackField.Quantization]: quantization ?? 0,
    }
    const transpose = this.#transposes.get(id)
    if (transpose) {
      lowering.useScratch(padFloats(columns))
      lowering.emit(integer ? Opcode.IntegerColumnPack : Opcode.ColumnPack, id, {
        ...fields,
        [PackField.Input]: lowering.rowOf(transpose.input, block.image),
        [PackField.InputStride]: lowering.locate(transpose.input).stride,
      })
    } else {
      lowering.emit(integer ? Opcode.IntegerPack : Opcode.Pack, id, {
        ...fields,
        [PackField.Input]: lowering.rowOf(id, block.image, block.row),
        [PackField.InputStride]: lowering.locate(id).stride,
      })
    }
    return packed
  }

  /** Whether a value is read only as the left-hand side of products. */
  #isFactor(id: ValueId): boolean {
    return this.#lowering.readOnlyBy(id, (op: Op) => op.op === 'linear' && op.residual !== id)
  }
}
