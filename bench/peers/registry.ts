/** A row of the table of engines: the adapter, and the V8 flags of its processes. */
export interface PeerEntry {
  readonly adapter: string
  readonly nodeFlags: readonly string[]
}

/**
 * V8's pass that joins pairs of 128-bit operations into 256-bit ones. It is off by default and a
 * user of these engines would have to know of it; with it they are as fast as they can be made.
 */
const revectorize = ['--experimental-wasm-revectorize']

export const peers: Readonly<Record<string, PeerEntry>> = {
  wasm: { adapter: 'vitrine.ts', nodeFlags: [] },
  reference: { adapter: 'reference.ts', nodeFlags: [] },
  'onnxruntime-node': { adapter: 'onnxruntime-node.ts', nodeFlags: [] },
  litert: { adapter: 'litert.ts', nodeFlags: [] },
  'litert-wide': { adapter: 'litert.ts', nodeFlags: revectorize },
  'onnxruntime-web': { adapter: 'onnxruntime-web.ts', nodeFlags: [] },
  'onnxruntime-web-wide': { adapter: 'onnxruntime-web.ts', nodeFlags: revectorize },
}
