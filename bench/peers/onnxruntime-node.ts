import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installedVersion } from '../lib/installed.ts'
import type { Peer } from '../lib/peer.ts'
import { onnxModel } from './onnx.ts'
import { onnxSession } from './onnx-session.ts'

const file = 'model.onnx'

/** ONNX Runtime's native addon: the speed a JavaScript user gets who accepts a native dependency. */
export const peer: Peer = {
  version: () => installedVersion('onnxruntime-node'),

  async prepare(program, weights, directory) {
    await writeFile(join(directory, file), onnxModel(program, weights))
  },

  async load(program, directory, { threads }) {
    const runtime = await import('onnxruntime-node')
    return onnxSession(runtime, program, join(directory, file), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    })
  },
}
