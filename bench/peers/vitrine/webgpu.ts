import { createWebgpuBackend } from '../../../src/backends/webgpu/webgpu.ts'
import { withoutUnusedRows } from '../../../src/program/passes/rows.ts'
import type { Peer } from '../../engine/peer.ts'
import { dawnOptions } from '../navigator/gpu.ts'
import { backendSession } from './session.ts'

/** This project's own kernels on the GPU, with the exact pruning that it applies for every user. */
export const peer: Peer = {
  async load(task, place) {
    const { dtype } = task
    const { batch } = task.bench
    const matrices = task.kernels === 'matrices'
    const backend = await createWebgpuBackend({ dtype, batch, matrices, dawn: dawnOptions(place) })
    return backendSession(backend, { ...task, program: withoutUnusedRows(task.program) }, place)
  },
}
