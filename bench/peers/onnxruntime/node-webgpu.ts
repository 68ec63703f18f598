import { UnsupportedError } from '../../../src/errors.ts'
import type { Peer } from '../../engine/peer.ts'
import { type OnnxRuntime, onnxSession } from './session.ts'

type Module = OnnxRuntime & {
  default?: Module
  listSupportedBackends(): readonly { readonly name: string }[]
}

/** ONNX Runtime's native addon on the GPU, by a WebGPU of its own. */
export const peer: Peer = {
  async load(task, place) {
    const module = await place.module<Module>('onnxruntime-node/dist/index.js')
    const runtime = module.default ?? module
    if (!runtime.listSupportedBackends().some(({ name }) => name === 'webgpu')) {
      throw new UnsupportedError('This build of onnxruntime-node has no WebGPU.')
    }
    return onnxSession(runtime, task, place, { executionProviders: [{ name: 'webgpu' }] })
  },
}
