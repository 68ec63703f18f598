import { referenceBackend } from '../../src/backends/reference/reference.ts'
import type { Peer } from '../lib/peer.ts'
import { backendSession, writeWeights } from './own-weights.ts'

/** The float64 oracle: slow, and right; for telling who is wrong where engines disagree. */
export const peer: Peer = {
  version: () => 'float64',

  async prepare(program, weights, directory) {
    writeWeights(program, weights, directory)
  },

  async load(program, directory) {
    return backendSession(referenceBackend, program, directory)
  },
}
