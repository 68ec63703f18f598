import * as assert from 'uvu/assert'
import type { Region, WeightSink } from '../../src/backends/backend.ts'
import type { CheckpointFile } from '../../src/checkpoint/checkpoint.ts'
import { VitrineError } from '../../src/errors.ts'
import type { Weight } from '../../src/program/values.ts'

/** All values of one tensor. */
export async function readAll(file: CheckpointFile, name: string): Promise<Float32Array> {
  const values: number[] = []
  for await (const block of file.read(name)) for (const value of block) values.push(value)
  return Float32Array.from(values)
}

/** Weights as plain row-major matrices; checks that every value is written exactly once. */
export class CollectingSink implements WeightSink {
  readonly values = new Map<string, Float32Array>()
  readonly #columns = new Map<string, number>()

  constructor(weights: readonly Weight[]) {
    for (const { name, shape } of weights) {
      this.values.set(name, new Float32Array(shape[0] * shape[1]).fill(Number.NaN))
      this.#columns.set(name, shape[1])
    }
  }

  write(weight: string, region: Region, start: number, values: Float32Array): void {
    const into = this.values.get(weight)
    assert.ok(into, `${weight} is a weight of the program`)
    const columns = this.#columns.get(weight)!
    let outside = 0
    let twice = -1
    values.forEach((value, i) => {
      const at = start + i
      const row = region.transposed ? at % region.rows : Math.floor(at / region.columns)
      const column = region.transposed ? Math.floor(at / region.rows) : at % region.columns
      if (!(row < region.rows && column < region.columns)) outside++
      const place = (region.row + row) * columns + region.column + column
      if (!Number.isNaN(into![place])) twice = place
      into![place] = value
    })
    assert.is(outside, 0, `${weight}: inside its region`)
    assert.is(twice, -1, `${weight}: value ${twice} is written once`)
  }

  complete(): void {
    for (const [name, values] of this.values)
      assert.not(values.some(Number.isNaN), `${name} is full`)
  }
}

/** The error that a promise ends in; it must be one of ours, of that class, and say that. */
export async function rejects(
  promise: Promise<unknown>,
  kind: new (...args: never[]) => Error,
  message?: RegExp,
): Promise<VitrineError> {
  try {
    await promise
  } catch (error) {
    assert.instance(error, VitrineError, `expected ${kind.name}, got ${(error as Error)?.stack}`)
    assert.instance(error, kind, `expected ${kind.name}, got ${(error as Error).stack}`)
    if (message) assert.match((error as Error).message, message)
    return error as VitrineError
  }
  throw new Error(`expected ${kind.name}, but nothing was thrown`)
}
