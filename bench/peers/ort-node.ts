import type { Peer } from '../engine/peer.ts'
import { type OnnxRuntime, onnxSession } from './ort-session.ts'

/** ONNX Runtime's native addon: the speed a JavaScript user gets who accepts a native dependency. */
export const peer: Peer = {
  async load(task, place) {
    const { default: runtime } = await place.module<{ default: OnnxRuntime }>(
      'onnxruntime-node/dist/index.js',
    )
    return onnxSession(runtime, task, place, {
      intraOpNumThreads: task.bench.threads,
      interOpNumThreads: 1,
    })
  },
}
