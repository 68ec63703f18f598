import { onlyInput } from '../../../src/backends/inputs.ts'
import { UnsupportedError } from '../../../src/errors.ts'
import { outputOf } from '../../cases/case.ts'
import type { Peer } from '../../engine/peer.ts'
import { readMatrices } from '../formats/matrices.ts'
import { claimCores } from '../navigator/cores.ts'
import { jaxForward } from './forward.ts'
import type { Jax, JaxArray } from './jax-js.ts'
import { jaxPatches } from './patches.ts'
import { weightArray } from './product.ts'

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
    const weights: JaxArray[] = []
    for await (const { weight, values } of readMatrices(program, place)) {
      weights.push(weightArray(jax, weight, values))
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
