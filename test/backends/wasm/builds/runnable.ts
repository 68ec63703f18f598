import v8 from 'node:v8'
import { type Build, builds } from '../../../../src/backends/wasm/builds/builds.ts'
import { requireFeatures } from '../../../../src/backends/wasm/builds/features.ts'

// Node 20 has relaxed SIMD behind a flag of V8, so the builds that need it can be tested there too.
if (process.version.startsWith('v20.')) v8.setFlagsFromString('--experimental-wasm-relaxed-simd')

const runs = await Promise.all(
  builds.map((build) =>
    requireFeatures(build).then(
      () => true,
      () => false,
    ),
  ),
)

/** Every build that this engine runs. */
export const runnable: readonly Build[] = builds.filter((_, i) => runs[i])
