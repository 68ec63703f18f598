import { type Lifetime, placeInMemory } from '../../../program/lifetimes.ts'

/** A buffer in the arena. Its address is known once all records are written. */
export interface Slot {
  readonly slot: number
  readonly offset: number
}

/** A word of a record: a number, or the address of a slot. */
export type Word = number | Slot

/** A record's label and cost, for profiles and scheduling. */
export interface TapeRecord {
  /** The opcode and the value it produces. */
  readonly label: string
  /** Floating-point operations of its products; 0 for records that only move data. */
  readonly flops: number
}

/** A finished tape for one arena address. */
export interface WrittenTape {
  /** Copied to the start of the arena before a run. */
  readonly tape: Uint32Array
  readonly records: readonly TapeRecord[]
  readonly arenaBytes: number
  resolve(word: Word): number
}

/** Slots start on cache lines. */
const ALIGNMENT = 64

/** An address some bytes further on. */
export const shifted = (word: Word, bytes: number): Word =>
  typeof word === 'number' ? word + bytes : { slot: word.slot, offset: word.offset + bytes }

/** Collects records and tracks the lifetimes of the slots they use. */
export class TapeWriter {
  readonly #records: (TapeRecord & { readonly words: readonly Word[] })[] = []
  readonly #slots: { bytes: number; from: number; to: number }[] = []

  /** Allocates a slot. It lives from the next record to the last record that uses it. */
  allocate(bytes: number): Slot {
    const padded = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
    const from = this.#records.length
    return { slot: this.#slots.push({ bytes: padded, from, to: from }) - 1, offset: 0 }
  }

  /** @param fields words by position in the record; missing ones are 0 */
  emit(opcode: number, label: string, fields: Readonly<Record<number, Word>>, flops: number): void {
    const words: Word[] = new Array(Math.max(...Object.keys(fields).map(Number)) + 1).fill(0)
    words[0] = opcode
    for (const [field, word] of Object.entries(fields)) {
      words[Number(field)] = word
      this.#use(word)
    }
    this.#records.push({ words, label, flops })
  }

  /** Keeps a slot to the end of the run. */
  keep(word: Word): void {
    this.#use(word)
  }

  /** @param arena where the run's arena begins: the tape comes first, then the slots */
  write(arena: number): WrittenTape {
    const { offsets, bytes } = placeInMemory(this.#slots satisfies Lifetime[])
    const records = this.#records
    const words = records.reduce((sum, record) => sum + record.words.length, records.length)
    const tapeBytes = Math.ceil((4 * words) / ALIGNMENT) * ALIGNMENT
    const slots = arena + tapeBytes
    const resolve = (word: Word) =>
      typeof word === 'number' ? word : slots + offsets[word.slot]! + word.offset
    const tape = new Uint32Array(words)
    let at = records.length
    for (const [index, record] of records.entries()) {
      tape[index] = arena + 4 * at
      tape.set(record.words.map(resolve), at)
      at += record.words.length
    }
    return {
      tape,
      records: records.map(({ label, flops }) => ({ label, flops })),
      arenaBytes: tapeBytes + bytes,
      resolve,
    }
  }

  #use(word: Word): void {
    if (typeof word === 'object') this.#slots[word.slot]!.to = this.#records.length
  }
}
