import { referenceBackend } from '../../../src/backends/reference/reference.ts'
import type { Peer } from '../../engine/peer.ts'
import { backendSession } from './session.ts'

/** The float64 oracle: slow and right. It tells which engine is wrong where engines disagree. */
export const peer: Peer = {
  load: (task, place) => backendSession(referenceBackend, task, place),
}
