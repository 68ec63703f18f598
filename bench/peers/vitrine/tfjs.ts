import { createTfjsBackend } from '../../../src/backends/tfjs/tfjs.ts'
import { withoutUnusedRows } from '../../../src/program/passes/rows.ts'
import type { Peer } from '../../engine/peer.ts'
import { findAdapter, provideGpu } from '../navigator/gpu.ts'
import { importTfjs } from '../tfjs/session.ts'
import { backendSession } from './session.ts'

/**
 * This project's kernels on the device of TensorFlow.js, as a program has them that uses both. Without
 * WebGPU this project's way through TensorFlow.js is that of the other rows of it.
 */
export const peer: Peer = {
  async load(task, place) {
    await provideGpu(place)
    await findAdapter()
    const { tf } = await importTfjs(place, 'webgpu')
    const backend = await createTfjsBackend({ tf, use: 'webgpu' })
    return backendSession(backend, { ...task, program: withoutUnusedRows(task.program) }, place)
  },
}
