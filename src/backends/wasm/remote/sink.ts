import { platform } from '#platform'
import type { Weight } from '../../../program/values.ts'
import type { Region, WeightSink } from '../../backend.ts'
import { checkRegion, checkScales } from '../../weights.ts'
import type { Connection } from './connection.ts'
import type { Write } from './protocol.ts'

/** The size of a message with weights, in bytes. */
const MESSAGE = 1 << 20

/** How many messages may be under way before the writer has to wait. */
const AHEAD = 4

/**
 * Sends the weights of a model to the worker. What is written in one turn of the event loop goes together. The
 * buffers come back and are used again.
 */
export class RemoteSink implements WeightSink {
  readonly #connection: Connection
  readonly #model: number
  readonly #weights: ReadonlyMap<string, Weight>
  readonly #free: ArrayBuffer[] = []
  #buffer: ArrayBuffer | undefined
  #used = 0
  #writes: Write[] = []
  /** The answers to messages under way, in order. */
  readonly #underway: Promise<void>[] = []
  #failure: { readonly error: unknown } | undefined
  /** Values that were not written yet. */
  #missing: number
  #whenComplete: (() => void) | undefined

  constructor(connection: Connection, model: number, weights: readonly Weight[]) {
    this.#connection = connection
    this.#model = model
    this.#weights = new Map(weights.map((weight) => [weight.name, weight]))
    this.#missing = weights.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0)
  }

  /** Calls `act` once, when all weights have been sent. */
  whenComplete(act: () => void): void {
    if (this.#missing <= 0) act()
    else this.#whenComplete = act
  }

  write(weight: string, region: Region, start: number, values: Float32Array): void {
    this.#check(weight, region, start, values.length)
    for (let done = 0; done < values.length; ) {
      const buffer = this.#room(4)
      const count = Math.min(values.length - done, (buffer.byteLength - this.#used) >> 2)
      const at = this.#used
      new Float32Array(buffer, at, count).set(values.subarray(done, done + count))
      this.#add(at + 4 * count, { weight, region, start: start + done, at, count })
      done += count
    }
  }

  writeInt8(
    weight: string,
    region: Region,
    start: number,
    values: Int8Array,
    scales: Float32Array,
  ): void {
    this.#check(weight, region, start, values.length)
    checkScales(weight, region, scales)
    for (let done = 0; done < values.length; ) {
      const buffer = this.#room(scales.byteLength + Math.min(values.length - done, MESSAGE >> 2))
      const from = this.#used
      new Float32Array(buffer, from, scales.length).set(scales)
      const at = from + scales.byteLength
      const count = Math.min(values.length - done, buffer.byteLength - at)
      new Int8Array(buffer, at, count).set(values.subarray(done, done + count))
      const each = { at: from, count: scales.length }
      this.#add(at + count, { weight, region, start: start + done, at, count, scales: each })
      done += count
    }
  }

  /** Sends what was written. */
  flush(): void {
    const [buffer, writes] = [this.#buffer, this.#writes]
    if (!buffer || writes.length === 0) return
    this.#buffer = undefined
    this.#writes = []
    this.#used = 0
    const write = { type: 'write', model: this.#model, buffer, writes } as const
    const answer = this.#connection.call(write, [buffer]).result.then(
      (buffer) => {
        this.#underway.shift()
        if (this.#missing > 0) this.#free.push(buffer)
      },
      (error) => {
        this.#underway.shift()
        this.#failure ??= { error }
      },
    )
    this.#underway.push(answer)
  }

  async drain(): Promise<void> {
    while (this.#underway.length >= AHEAD) await this.#underway[0]
    this.requireWritten()
  }

  /** @throws what went wrong with values that were written */
  requireWritten(): void {
    if (this.#failure) throw this.#failure.error
  }

  #check(name: string, region: Region, start: number, count: number): void {
    checkRegion(name, this.#weights.get(name)?.shape, region, start, count)
  }

  /** A buffer with so many bytes left. */
  #room(bytes: number): ArrayBuffer {
    if (this.#buffer && this.#buffer.byteLength - this.#used < bytes) this.flush()
    if (this.#buffer) return this.#buffer
    const free = this.#free.pop()
    this.#buffer =
      free && free.byteLength >= bytes ? free : new ArrayBuffer(Math.max(MESSAGE, bytes))
    return this.#buffer
  }

  #add(end: number, write: Write): void {
    if (this.#writes.length === 0) void platform.yield().then(() => this.flush())
    this.#writes.push(write)
    this.#used = Math.ceil(end / 4) * 4
    this.#missing -= write.count
    if (this.#missing > 0) return
    this.flush()
    this.#whenComplete?.()
    this.#whenComplete = undefined
  }
}
