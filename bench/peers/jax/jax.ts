import { onlyInput } from '../../../src/backends/inputs.ts'
import { UnsupportedError } from '../../../src/errors.ts'
import { outputOf } from '../../cases/case.ts'
import type { Peer } from '../../engine/peer.ts'
import { readMatrices } from '../formats/matrices.ts'
import { transposed } from '../formats/matrix.ts'
import { claimCores } from '../navigator/cores.ts'
import { type Jax, jaxForward, jaxPatches, keepsTransposed } from './forward.ts'

/** jax-js, which writes WebAssembly kernels for a traced program. */
export const peer: Peer = {
  async load({ program, bench: { batch, threads } }, place) {
    if (threads > 1) {
      if (place.runtime === 'node') {
        throw new UnsupportedError(
          'jax-js needs web workers for threads, which Node does not have.',
        )
      }
      if (!globalThis.crossOriginIsolated) {
        throw new UnsupportedError('jax-js needs a cross-origin isolated page for threads.')
      }
      // It starts a worker for every core.
      claimCores(threads)
    }
    const jax = await place.module<Jax>('@jax-js/jax/dist/index.js')
    await jax.init('wasm')
    jax.defaultDevice('wasm')
    const weights: ReturnType<Jax['numpy']['array']>[] = []
    for await (const { index, weight, values } of readMatrices(program, place)) {
      const [rows, columns] = weight.shape
      weights.push(
        keepsTransposed(program, index)
          ? jax.numpy.array(transposed(values, columns), { shape: [columns, rows] })
          : jax.numpy.array(values, { shape: [rows, columns] }),
      )
    }
    const patches = jaxPatches(program)
    const cut = patches && jax.jit(patches)
    const forward = jax.jit(jaxForward(jax, program))
    const shape = program.values[onlyInput(program).id]!.shape
    const size = shape[0] * shape[1]
    const output = outputOf(program).shape
    return {
      description: threads === 1 ? '1 thread' : `${threads} workers`,
      // One image at a time: a traced batch is slower for each image, and takes a minute to trace.
      async run(input) {
        const results = new Float32Array(batch * output[0] * output[1])
        for (let i = 0; i < batch; i++) {
          const x = jax.numpy.array(input.slice(i * size, (i + 1) * size), { shape })
          const y = forward(
            cut ? cut(x) : x,
            weights.map((weight) => weight.ref),
          )
          // What is read synchronously is computed in this thread, else in the workers.
          results.set(threads === 1 ? y.dataSync() : await y.data(), i * output[0] * output[1])
        }
        return results
      },
      dispose() {
        cut?.dispose()
        forward.dispose()
        for (const weight of weights) weight.dispose()
      },
    }
  },
}
