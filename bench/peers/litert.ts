import type { Peer } from '../engine/peer.ts'
import { MODEL } from './formats/tflite.ts'

interface LiteRt {
  loadLiteRt(path: string, options: { threads: boolean }): Promise<unknown>
  loadAndCompile(model: Uint8Array, options: object): Promise<CompiledModel>
  readonly Tensor: new (data: Float32Array, shape: number[]) => LiteRtTensor
}

interface LiteRtTensor {
  toTypedArray(): Float32Array
  delete(): void
}

interface CompiledModel {
  run(input: LiteRtTensor[]): Promise<LiteRtTensor[]>
  delete(): void
}

/** LiteRT.js (TensorFlow Lite, XNNPACK): the fastest WebAssembly peer known. */
export const peer: Peer = {
  async load({ program, bench }, place) {
    const scripts = place.asset('@litertjs/core/wasm')
    if (place.runtime === 'node') (await import('./litert-node.ts')).actAsWorker(scripts)
    const { loadLiteRt, loadAndCompile, Tensor } = await place.module<LiteRt>(
      '@litertjs/core/dist/index.js',
    )
    await loadLiteRt(scripts, { threads: bench.threads > 1 })
    const model = await loadAndCompile(await place.read(MODEL), {
      accelerator: 'wasm',
      cpuOptions: { numThreads: bench.threads },
    })
    const [rows, columns] = program.values[program.input]!.shape
    const dims = [bench.batch * rows, columns]
    return {
      async run(values) {
        const input = new Tensor(values, dims)
        const [output] = await model.run([input])
        const result = output!.toTypedArray()
        input.delete()
        output!.delete()
        return result
      },
      dispose: () => model.delete(),
    }
  },
}
