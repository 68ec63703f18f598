import type { Peer } from '../../engine/peer.ts'
import { type OnnxRuntime, onnxSession } from './session.ts'

type Module = OnnxRuntime & { default?: OnnxRuntime }

/** ONNX Runtime's native addon: the speed that a JavaScript user gets with a native dependency. */
export const peer: Peer = {
  async load(task, place) {
    // CommonJS, whose names not every loader finds.
    const module = await place.module<Module>('onnxruntime-node/dist/index.js')
    return onnxSession(module.default ?? module, task, place, {
      intraOpNumThreads: task.bench.threads,
      interOpNumThreads: 1,
      // Without it, sums of int8 products saturate on x64 CPUs that have no VNNI.
      extra: { session: { x64quantprecision: '1' } },
    })
  },
}
