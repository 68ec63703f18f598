import { readFileSync } from 'node:fs'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { UnsupportedError } from '../../src/errors.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Peer } from '../lib/peer.ts'
import { backendSession, writeWeights } from './own-weights.ts'

/** This project's WebAssembly backend, with the exact pruning that it applies for every user. */
export const peer: Peer = {
  version() {
    const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
    return (JSON.parse(file) as { version: string }).version
  },

  async prepare(program, weights, directory) {
    writeWeights(program, weights, directory)
  },

  async load(program, directory, { threads, wide }) {
    if (threads > 1) throw new UnsupportedError(`The wasm backend has one thread, not ${threads}.`)
    // Left undefined, the backend decides by itself, as it does for its users.
    const backend = await createWasmBackend({ wide: wide ? undefined : false })
    return backendSession(backend, withoutUnusedRows(program), directory)
  },
}
