import { createWasmBackend, type WasmOptions } from '../../../src/backends/wasm/wasm.ts'
import { withoutUnusedRows } from '../../../src/program/passes/rows.ts'
import type { Peer } from '../../engine/peer.ts'
import { backendSession } from './session.ts'

/** This project's WebAssembly backend, with the exact pruning that it applies for every user. */
export const peer: Peer = {
  async load(task, place) {
    const { dtype, wide } = task
    const { threads } = task.bench
    const blocking = place.runtime === 'node'
    const kernels = task.kernels as WasmOptions['kernels']
    const backend = await createWasmBackend({ dtype, kernels, wide, threads, blocking })
    return backendSession(backend, { ...task, program: withoutUnusedRows(task.program) }, place)
  },
}
