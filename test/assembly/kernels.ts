import type { Build } from '../../src/backends/wasm/builds/builds.ts'
import {
  instantiate,
  type Kernels,
  type MicroKernel,
} from '../../src/backends/wasm/builds/instance.ts'
import { compileBuild } from '../../src/backends/wasm/builds/kernels.ts'
import { PAGE } from '../../src/backends/wasm/memory/layout.ts'
import { runnable } from '../backends/wasm/builds/runnable.ts'

export interface TestKernels {
  readonly build: Build
  readonly exports: Kernels & Record<`${string}_gemm_${string}`, MicroKernel>
  /** All of the memory. */
  readonly floats: Float32Array
  /** The address from which a test may use the memory. */
  readonly scratch: number
}

/**
 * The single kernels of every build that this engine runs, each over 16 MiB.
 * @param shared the modules for memories that threads share
 */
export async function* loadKernels(shared = false): AsyncGenerator<TestKernels> {
  for (const build of runnable) {
    const memory = new WebAssembly.Memory({ initial: 256, maximum: 65536, shared })
    const module = await compileBuild(build, { shared })
    const exports = instantiate(module, memory) as TestKernels['exports']
    yield { build, exports, floats: new Float32Array(memory.buffer), scratch: PAGE }
  }
}
