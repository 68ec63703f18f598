import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installedVersion } from '../lib/installed.ts'
import type { Peer } from '../lib/peer.ts'
import { onnxModel } from './onnx.ts'
import { onnxSession } from './onnx-session.ts'

const file = 'model.onnx'

/** ONNX Runtime's WebAssembly build (what Transformers.js runs on). */
export const peer: Peer = {
  version: () => installedVersion('onnxruntime-web'),

  async prepare(program, weights, directory) {
    await writeFile(join(directory, file), onnxModel(program, weights))
  },

  async load(program, directory, { threads }) {
    const runtime = await import('onnxruntime-web')
    runtime.env.wasm.numThreads = threads
    return onnxSession(runtime, program, join(directory, file), { executionProviders: ['wasm'] })
  },
}
