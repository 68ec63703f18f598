import { UnsupportedError } from '../../../src/errors.ts'
import type { Peer } from '../../engine/peer.ts'
import { importTfjs, tfjsSession } from './session.ts'

/** TensorFlow.js on its backend of plain JavaScript. */
export const peer: Peer = {
  async load(task, place) {
    const { threads } = task.bench
    if (threads > 1) {
      throw new UnsupportedError(
        `TensorFlow.js in plain JavaScript has one thread, not ${threads}.`,
      )
    }
    const { tf } = await importTfjs(place, 'cpu')
    await tf.setBackend('cpu')
    return tfjsSession(tf, 'cpu', task, place)
  },
}
