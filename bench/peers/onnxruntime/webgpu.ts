import { UnsupportedError } from '../../../src/errors.ts'
import type { Peer } from '../../engine/peer.ts'
import { ONNX_FILE } from '../formats/names.ts'
import { findAdapter, provideGpu } from '../navigator/gpu.ts'
import { onnxSession } from './session.ts'
import { importOrtWeb } from './web.ts'

/** ONNX Runtime Web on the GPU. */
export const peer: Peer = {
  async load(task, place) {
    if (task.dtype !== 'f32') {
      throw new UnsupportedError(
        `On the GPU, ONNX Runtime computes in f32 here, not ${task.dtype}.`,
      )
    }
    await provideGpu(place)
    const description = await findAdapter()
    const runtime = await importOrtWeb(place, 'ort.webgpu.min.mjs', task.bench.threads)
    const options = { executionProviders: ['webgpu'] }
    // This build is for pages: in Node it would ask the network for the file.
    const model = place.runtime === 'node' ? await place.read(ONNX_FILE) : undefined
    const session = await onnxSession(runtime, task, place, options, model)
    return { ...session, description }
  },
}
