import { UnsupportedError } from '../../src/errors.ts'
import type { Peer } from '../engine/peer.ts'
import { importTfjs } from './tfjs.ts'
import { geluTanhBySigmoid } from './tfjs-gelu.ts'
import { tfjsSession } from './tfjs-program.ts'

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
    return tfjsSession(
      tf,
      {
        // As convolutions of 1 x 1, whose inner loop is a fifth faster than that of `matMul` (Node 22
        // and later; an eighth slower on Node 20).
        product(a, b, [rows, inner, columns], bias) {
          const x = tf.reshape(a, [1, rows, 1, inner])
          const filter = tf.reshape(b, [1, 1, inner, columns])
          const y = tf.fused.conv2d({ x, filter, strides: 1, pad: 'valid', bias })
          return tf.reshape(y, [rows, columns])
        },
        geluErf: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
        geluTanh: (x) => geluTanhBySigmoid(tf, x),
      },
      task,
      place,
    )
  },
}
