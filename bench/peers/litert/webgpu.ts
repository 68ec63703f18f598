import { UnsupportedError } from '../../../src/errors.ts'
import type { Peer } from '../../engine/peer.ts'
import { findAdapter } from '../navigator/gpu.ts'
import { litertSession } from './session.ts'

/** LiteRT.js on the GPU of a page. */
export const peer: Peer = {
  async load(task, place) {
    if (task.dtype !== 'f32') {
      throw new UnsupportedError(`On the GPU, LiteRT.js computes in f32 here, not ${task.dtype}.`)
    }
    const description = await findAdapter()
    return { ...(await litertSession(task, place, 'webgpu')), description }
  },
}
