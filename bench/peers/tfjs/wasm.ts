import { UnsupportedError } from '../../../src/errors.ts'
import type { Peer } from '../../engine/peer.ts'
import { claimCores } from '../navigator/cores.ts'
import { importTfjs, tfjsSession } from './session.ts'

interface WasmBackend {
  setWasmPaths(folder: string): void
  setThreadsCount(threads: number): void
  getThreadsCount(): number
}

/** TensorFlow.js on its WebAssembly backend: XNNPACK, with SIMD, without relaxed SIMD. */
export const peer: Peer = {
  async load(task, place) {
    const { threads } = task.bench
    if (threads > 1 && place.runtime === 'node') {
      throw new UnsupportedError('TensorFlow.js has its threads switched off in Node.')
    }
    // It takes at most half of the cores that it is told of.
    if (threads > 1) claimCores(2 * threads)
    const { tf, backend } = await importTfjs<WasmBackend>(place, 'wasm')
    if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) {
      throw new UnsupportedError('TensorFlow.js finds no SIMD here.')
    }
    if (threads === 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    else if (!(await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'))) {
      throw new UnsupportedError('TensorFlow.js needs a cross-origin isolated page for threads.')
    }
    backend.setWasmPaths(`${place.asset('@tensorflow/tfjs-backend-wasm/dist')}/`)
    backend.setThreadsCount(threads)
    await tf.setBackend('wasm')
    const found = backend.getThreadsCount()
    if (found !== threads) {
      throw new UnsupportedError(`TensorFlow.js takes ${found} threads here, not ${threads}.`)
    }
    const session = await tfjsSession(tf, 'wasm', task, place)
    return { ...session, description: `SIMD, ${threads} ${threads === 1 ? 'thread' : 'threads'}` }
  },
}
