import { CheckpointError } from '../../errors.ts'
import type { CheckpointFile, TensorInfo } from '../checkpoint.ts'
import { isBeside } from './beside.ts'
import type { Layout, Matched } from './layout.ts'
import type { Piece } from './piece.ts'
import type { TensorRow } from './publisher.ts'
import type { Recognised } from './recognise.ts'
import { isReadable, sameShape, shapeOf } from './shape.ts'

/**
 * Compares a publisher's table with the tensors of a file.
 * @throws CheckpointError naming every tensor that is missing, extra or misshapen
 */
export function matchTensors(
  file: CheckpointFile,
  recognised: Recognised,
  layout: Layout,
): Matched {
  return new Matcher(file, recognised, layout).match()
}

class Matcher {
  readonly #file: CheckpointFile
  readonly #recognised: Recognised
  readonly #layout: Layout
  readonly #table: readonly TensorRow[]
  readonly #pieces = new Map<string, Piece[]>()
  readonly #used = new Set<string>()
  readonly #missing: string[] = []
  readonly #misshapen: string[] = []

  constructor(file: CheckpointFile, recognised: Recognised, layout: Layout) {
    this.#file = file
    this.#recognised = recognised
    this.#layout = layout
    this.#table = layout.tensors ?? recognised.publisher.tensors
  }

  match(): Matched {
    const { stored, ignored, unexplained } = this.#recognised
    const slots = new Map<string, TensorRow[]>()
    for (const row of this.#table) slots.set(row[1], [...(slots.get(row[1]) ?? []), row])
    for (const [slot, rows] of slots) {
      if (!this.#layout.has(slot)) continue
      if (!rows[0]![0].includes('#')) this.#fill(slot, rows, 0)
      else {
        const blocks = this.#layout.blocksOf?.(slot) ?? this.#layout.blocks
        for (let block = 0; block < blocks; block++) this.#fill(slot, rows, block)
      }
    }
    const unused = [...stored.keys()].filter((name) => !this.#used.has(name))
    const extra = unused.filter((name) => !this.#mayIgnore(name))
    this.#throwDifferences([...extra.map((name) => stored.get(name)!), ...unexplained])
    const own = unused.map((name) => stored.get(name)!)
    return { pieces: this.#pieces, ignored: [...own, ...ignored] }
  }

  #fill(slot: string, rows: readonly TensorRow[], block: number): void {
    const names = rows.map(([tensor]) => tensor.replace('#', String(block)))
    const at = names.findIndex((name) => this.#recognised.stored.has(name))
    if (at < 0) {
      const pieces = this.#layout.absent(slot)
      if (pieces) this.#add(pieces)
      else this.#missing.push(names[0]!)
      return
    }
    const name = names[at]!
    this.#used.add(name)
    const tensor = this.#tensor(name)
    if (!isReadable(tensor, this.#file)) {
      this.#misshapen.push(`${tensor.name}: ${tensor.dtype}, expected floats`)
      return
    }
    const found = `${tensor.name}: [${tensor.shape.join(', ')}]`
    const expected = shapeOf(rows[at]![2], this.#layout.sizes)
    if (!sameShape(tensor.shape, expected)) {
      this.#misshapen.push(`${found}, expected [${expected.join(', ')}]`)
      return
    }
    const pieces = this.#layout.pieces(slot, block, tensor)
    if (typeof pieces === 'string') this.#misshapen.push(`${found}, ${pieces}`)
    else this.#add(pieces)
  }

  #add(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      const others = this.#pieces.get(piece.weight)
      if (others) others.push(piece)
      else this.#pieces.set(piece.weight, [piece])
    }
  }

  #tensor(name: string): TensorInfo {
    return this.#file.tensors.get(this.#recognised.stored.get(name)!)!
  }

  #mayIgnore(name: string): boolean {
    const { publisher } = this.#recognised
    if (isBeside(name, this.#tensor(name), publisher)) return true
    const row = this.#table.find(([tensor]) => tensor === name)
    return row !== undefined && this.#layout.isOptional(row[1]) && !this.#layout.has(row[1])
  }

  #throwDifferences(extra: string[]): void {
    const differences = { missing: this.#missing, extra, misshapen: this.#misshapen }
    const parts = Object.entries(differences)
      .filter(([, names]) => names.length > 0)
      .map(([kind, names]) => `${names.length} ${kind} (${shortened(names)})`)
    if (parts.length === 0) return
    const { name } = this.#recognised.publisher
    throw new CheckpointError(
      `${this.#file.name}, with names as of ${name}, does not fit ${this.#layout.title}: ${parts.join('; ')}.`,
      differences,
    )
  }
}

const shortened = (names: readonly string[]) =>
  names.length > 12 ? `${names.slice(0, 12).join(', ')}, …` : names.join(', ')
