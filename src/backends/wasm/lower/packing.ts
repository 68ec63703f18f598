import { NormField, Opcode, PackField, type Quantization } from '../../../../assembly/tape.ts'
import type { LayerNorm } from '../../../program/ops/layer-norm.ts'
import type { ValueId } from '../../../program/values.ts'
import { integerSteps, SCALE_STEPS } from '../builds/builds.ts'
import type { Block, Lowering } from './lowering.ts'
import { normFields } from './norm-fields.ts'
import type { Slot } from './tape-writer.ts'

/**
 * Packs the left-hand sides of products. Each is packed once for all products that read it. A layer norm
 * that only products read is computed during packing.
 */
export class Packing {
  readonly #lowering: Lowering
  readonly #packed = new Map<string, Slot>()
  readonly #norms = new Map<ValueId, LayerNorm>()

  constructor(lowering: Lowering) {
    this.#lowering = lowering
  }

  /** Defers a layer norm until its result is packed. */
  defer(norm: LayerNorm): void {
    this.#norms.set(norm.output, norm)
  }

  /** The value that packing `id` reads. */
  source(id: ValueId): ValueId {
    return this.#norms.get(id)?.input ?? id
  }

  /** Packs a block of a value, as floats or as integers. Returns where it is. */
  pack(id: ValueId, block: Block, quantization: Quantization | undefined): Slot {
    const key = `${id} ${block.row} ${block.rows} ${quantization}`
    const known = this.#packed.get(key)
    if (known) return known
    const { addresses, tape } = this.#lowering
    const [, columns] = this.#lowering.shape(id)
    const integer = quantization !== undefined
    const steps = integer ? integerSteps(addresses.build, columns) + SCALE_STEPS : columns
    const target = tape.allocate(block.rows * steps * 4)
    this.#packed.set(key, target)
    const norm = this.#norms.get(id)
    if (norm) {
      this.#lowering.emit(integer ? Opcode.IntegerNormPack : Opcode.NormPack, id, {
        ...normFields(norm, block, this.#lowering),
        [NormField.Packed]: target,
        [NormField.Quantization]: quantization ?? 0,
      })
    } else {
      this.#lowering.emit(integer ? Opcode.IntegerPack : Opcode.Pack, id, {
        [PackField.Input]: this.#lowering.rowOf(id, block.image),
        [PackField.InputStride]: this.#lowering.locate(id).stride,
        [PackField.Packed]: target,
        [PackField.Rows]: block.rows,
        [PackField.Columns]: columns,
        [PackField.Quantization]: quantization ?? 0,
      })
    }
    return target
  }
}
