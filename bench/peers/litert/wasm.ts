import type { Peer } from '../../engine/peer.ts'
import { litertSession } from './session.ts'

/** LiteRT.js (TensorFlow Lite, XNNPACK): the fastest WebAssembly peer known. */
export const peer: Peer = {
  load: (task, place) => litertSession(task, place, 'wasm'),
}
