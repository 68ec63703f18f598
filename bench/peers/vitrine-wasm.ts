import { createWasmBackend, type WasmOptions } from '../../src/backends/wasm/wasm.ts'
import { UnsupportedError } from '../../src/errors.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Peer } from '../engine/peer.ts'
import { backendSession } from './own-backend.ts'

/** This project's WebAssembly backend, with the exact pruning that it applies for every user. */
export const peer: Peer = {
  async load(task, place) {
    const { threads } = task.bench
    if (threads > 1) throw new UnsupportedError(`The wasm backend has one thread, not ${threads}.`)
    const kernels = task.kernels as WasmOptions['kernels']
    const backend = await createWasmBackend({ kernels, wide: task.wide })
    return backendSession(backend, { ...task, program: withoutUnusedRows(task.program) }, place)
  },
}
