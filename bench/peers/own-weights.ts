import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Backend, Model } from '../../src/backends/backend.ts'
import type { Program } from '../../src/program/program.ts'
import type { Session, Weights } from '../lib/peer.ts'
import { bytes } from './matrix.ts'

const file = 'weights.f32'

/** All weights one after the other, in the order in which the program declares them. */
export function writeWeights(program: Program, weights: Weights, directory: string): void {
  const handle = openSync(join(directory, file), 'w')
  for (const { name } of program.weights) writeSync(handle, bytes(weights.get(name)!))
  closeSync(handle)
}

/** A session on one of this project's backends, its weights streamed from the file above. */
export function backendSession(backend: Backend, program: Program, directory: string): Session {
  const model = backend.createModel(program.weights)
  readWeights(program, model, directory)
  const executable = model.compile(program)
  return {
    description: backend.description,
    async run(pixels) {
      const { logits } = await executable.run(pixels)
      return logits!
    },
    dispose: () => model.dispose(),
  }
}

function readWeights(program: Program, model: Model, directory: string): void {
  const handle = openSync(join(directory, file), 'r')
  for (const { name, shape } of program.weights) {
    const [rows, columns] = shape
    const values = new Float32Array(rows * columns)
    readSync(handle, bytes(values))
    model.write(name, { row: 0, column: 0, rows, columns, transposed: false }, 0, values)
  }
  closeSync(handle)
}
