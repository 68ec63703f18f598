import { test } from 'uvu'
import { compareLogits, compareRows, mergingRuns } from '../../goldens/merging.ts'
import { compareMerged, mergedConfigs } from '../../model/merged.ts'
import { compareOutputs } from '../operations.ts'
import { merging } from '../programs.ts'
import { gpuTest, lavapipe, swiftshader } from './adapters.ts'

// Token merging against float64: which tokens become one, their means, and what is computed of them.

gpuTest(
  lavapipe,
  'kept ones, odd numbers, head widths with tails, few and most',
  async (backend) => {
    for (const kept of [0, 1, 2, 5]) {
      for (const [tokens, heads, headWidth] of [
        [kept + 4, 3, 4],
        [kept + 9, 1, 7],
        [50, 3, 4],
      ] as const) {
        const most = Math.floor((tokens - kept) / 2)
        const half = Math.floor((tokens - kept - most) / 2)
        for (const merged of [
          [1, 1],
          [most, half],
        ] as const) {
          const program = merging(tokens, heads, headWidth, kept, merged)
          const what = `${kept} of ${tokens} kept, ${merged} merged`
          await compareOutputs(backend, what, program, { bound: 2e-5, images: 1 + (tokens % 3) })
        }
      }
    }
    // More than a workgroup has threads, and rows of more than one workgroup.
    const large = merging(600, 2, 132, 1, [150, 16])
    await compareOutputs(backend, 'large', large, { bound: 2e-5, images: 2 })
  },
)

const withoutSubgroups = lavapipe && { ...lavapipe, subgroups: false }
gpuTest(withoutSubgroups, 'without subgroups', (backend) =>
  compareOutputs(backend, 'several', merging(21, 1, 7, 1, [6, 4]), { bound: 2e-5, images: 3 }),
)

gpuTest(swiftshader, 'on SwiftShader', (backend) =>
  compareOutputs(backend, 'several', merging(21, 3, 4, 0, [6, 4]), { bound: 2e-5, images: 3 }),
)

for (const dtype of ['f32', 'f16'] as const) {
  const options = lavapipe && { ...lavapipe, dtype }
  // The logits are up to 2.2.
  const bound = dtype === 'f32' ? 1e-5 : 1e-2

  gpuTest(options, `${dtype}: the paper's algorithm`, async (backend) => {
    for (const run of mergingRuns) {
      await compareLogits(backend, run, bound)
      await compareRows(backend, run)
    }
  })
}

for (const name of ['class token', 'mean, then norm']) {
  gpuTest(lavapipe, `${name}: maps, tokens and layers are those of all patches`, (backend) =>
    compareMerged(backend, mergedConfigs[name]!),
  )
}

test.run()
