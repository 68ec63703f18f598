import { test } from 'uvu'
import { compareLogits, compareRows, mergingRuns } from '../../goldens/merging.ts'
import { compareMerged, mergedConfigs } from '../../model/merged.ts'
import { compareOutputs } from '../operations.ts'
import { merging } from '../programs.ts'
import { gpuTest, lavapipe, swiftshader } from './adapters.ts'

// Token merging against float64: which tokens become one, their means, and what is computed of them. Drivers compile each
// kernel for a second, so all shapes here need the same ones.

const bound = 2e-5

gpuTest(lavapipe, 'merged tokens: kept ones, odd numbers, few and most', async (backend) => {
  for (const kept of [0, 1, 2, 5]) {
    for (const tokens of [kept + 4, kept + 9, 50]) {
      const most = Math.floor((tokens - kept) / 2)
      const half = Math.floor((tokens - kept - most) / 2)
      for (const merged of [
        [1, 1],
        [most, half],
      ] as const) {
        const program = merging(tokens, 3, 4, kept, merged)
        const what = `${kept} of ${tokens} kept, ${merged} merged`
        await compareOutputs(backend, what, program, { bound, images: 1 + (tokens % 3) })
      }
    }
  }
  // Where all tokens are equal, the first of each kind are taken.
  for (const kept of [0, 1]) {
    const program = merging(9, 3, 4, kept, [3, 1])
    const inputs = { pixels: Float32Array.from({ length: 9 * 3 }, (_, i) => (i % 3) - 0.5) }
    await compareOutputs(backend, `${kept} of equal tokens kept`, program, { bound, inputs })
  }
  // More tokens than a workgroup has threads, and rows of more vectors.
  await compareOutputs(backend, 'long', merging(600, 3, 4, 1, [150, 16]), { bound, images: 2 })
  await compareOutputs(backend, 'wide', merging(7, 66, 4, 1, [2, 1]), { bound, images: 2 })
})

const withoutSubgroups = lavapipe && { ...lavapipe, subgroups: false }
gpuTest(withoutSubgroups, 'merged tokens: a head width with a tail, no subgroups', (backend) =>
  compareOutputs(backend, 'several', merging(21, 3, 7, 1, [6, 4]), { bound, images: 3 }),
)

gpuTest(swiftshader, 'merged tokens on SwiftShader', (backend) =>
  compareOutputs(backend, 'several', merging(21, 3, 4, 0, [6, 4]), { bound, images: 3 }),
)

gpuTest(lavapipe, "f32: the paper's algorithm", async (backend) => {
  for (const run of mergingRuns) {
    await compareLogits(backend, run, 1e-5)
    await compareRows(backend, run)
  }
})

gpuTest(
  lavapipe && { ...lavapipe, dtype: 'f16' },
  "f16: the paper's algorithm",
  async (backend) => {
    const run = mergingRuns.find(({ classifier, r }) => classifier === 'gap' && r[0] === 8)!
    await compareLogits(backend, run, 1e-2)
    await compareRows(backend, run)
  },
)

for (const name of ['class token', 'mean, then norm']) {
  gpuTest(lavapipe, `${name}: maps, tokens and layers are those of all patches`, (backend) =>
    compareMerged(backend, mergedConfigs[name]!),
  )
}

test.run()
