import { UnsupportedError } from '../../../src/errors.ts'
import type { Peer, Place } from '../../engine/peer.ts'
import { type OnnxRuntime, onnxSession } from './session.ts'

type OnnxRuntimeWeb = OnnxRuntime & { env: { wasm: { numThreads: number; wasmPaths?: string } } }

/** ONNX Runtime's WebAssembly build (what Transformers.js runs on). */
export const peer: Peer = {
  async load(task, place) {
    const build = place.runtime === 'node' ? 'ort.node.min.mjs' : 'ort.wasm.min.mjs'
    const runtime = await importOrtWeb(place, build, task.bench.threads)
    return onnxSession(runtime, task, place, { executionProviders: ['wasm'] })
  },
}

/**
 * One of the builds of onnxruntime-web.
 * @throws UnsupportedError for threads in a page that may not share memory: it would quietly take one
 */
export async function importOrtWeb(
  place: Place,
  build: string,
  threads: number,
): Promise<OnnxRuntimeWeb> {
  if (threads > 1 && place.runtime === 'browser' && !crossOriginIsolated) {
    throw new UnsupportedError(
      'ONNX Runtime Web needs a cross-origin isolated page to have threads.',
    )
  }
  const runtime = await place.module<OnnxRuntimeWeb>(`onnxruntime-web/dist/${build}`)
  runtime.env.wasm.numThreads = threads
  if (place.runtime === 'browser') {
    runtime.env.wasm.wasmPaths = `${place.asset('onnxruntime-web/dist')}/`
  }
  return runtime
}
