import { UnsupportedError } from '../../../src/errors.ts'
import type { Peer } from '../../engine/peer.ts'
import { findAdapter, provideGpu } from '../navigator/gpu.ts'
import { importTfjs, tfjsSession } from './session.ts'

/** TensorFlow.js on its WebGPU backend, by its plain operations. */
export const peer: Peer = {
  async load(task, place) {
    await provideGpu(place)
    const description = await findAdapter()
    const { tf } = await importTfjs(place, 'webgpu')
    if (!(await tf.setBackend('webgpu'))) {
      throw new UnsupportedError('TensorFlow.js can’t start its WebGPU backend here.')
    }
    return { ...(await tfjsSession(tf, 'webgpu', task, place)), description }
  },
}
