import type { Peer } from '../engine/peer.ts'
import { type OnnxRuntime, onnxSession } from './ort-session.ts'

type OnnxRuntimeWeb = OnnxRuntime & { env: { wasm: { numThreads: number; wasmPaths?: string } } }

/** ONNX Runtime's WebAssembly build (what Transformers.js runs on). */
export const peer: Peer = {
  async load(task, place) {
    const build = place.runtime === 'node' ? 'ort.node.min.mjs' : 'ort.wasm.min.mjs'
    const runtime = await place.module<OnnxRuntimeWeb>(`onnxruntime-web/dist/${build}`)
    runtime.env.wasm.numThreads = task.bench.threads
    return onnxSession(runtime, task, place, { executionProviders: ['wasm'] })
  },
}
