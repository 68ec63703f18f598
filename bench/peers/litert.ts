import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installedFile, installedVersion } from '../lib/installed.ts'
import type { Peer } from '../lib/peer.ts'
import { tfliteModel } from './tflite.ts'

const file = 'model.tflite'

/** LiteRT.js (TensorFlow Lite, XNNPACK): the fastest WebAssembly peer known. */
export const peer: Peer = {
  version: () => installedVersion('@litertjs/core'),

  async prepare(program, weights, directory) {
    await writeFile(join(directory, file), tfliteModel(program, weights))
    // Its scripts are CommonJS inside a package that says it is not; here they are believed.
    await mkdir(join(directory, 'wasm'))
    await writeFile(join(directory, 'wasm/package.json'), '{ "type": "commonjs" }')
    const scripts = fileURLToPath(installedFile('@litertjs/core/wasm'))
    await cp(scripts, join(directory, 'wasm'), { recursive: true })
  },

  async load(program, directory, { threads }) {
    actAsWorker(directory)
    const { loadLiteRt, loadAndCompile, Tensor } = await import('@litertjs/core')
    await loadLiteRt(join(directory, 'wasm'), { threads: threads > 1 })
    const model = await loadAndCompile(await readFile(join(directory, file)), {
      accelerator: 'wasm',
      cpuOptions: { numThreads: threads },
    })
    const dims = [...program.values[program.input]!.shape]
    return {
      async run(pixels) {
        const input = new Tensor(pixels, dims)
        const [output] = await model.run([input])
        const logits = output!.toTypedArray()
        input.delete()
        output!.delete()
        return logits
      },
      dispose: () => model.delete(),
    }
  },
}

/** It is written for pages and workers: what it misses of a worker in Node, before it is imported. */
function actAsWorker(directory: string): void {
  const require = createRequire(join(directory, 'wasm/'))
  const importScripts = (path: string) =>
    Object.assign(globalThis, { ModuleFactory: require(path) })
  Object.assign(globalThis, { self: globalThis, importScripts })
}
