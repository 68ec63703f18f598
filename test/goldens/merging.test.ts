import { test } from 'uvu'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { runnable } from '../backends/wasm/builds/runnable.ts'
import { compareLogits, compareRows, mergingRuns } from './merging.ts'

for (const run of mergingRuns) {
  const what = `${run.classifier}, r = ${run.r}`

  test(`${what}: the logits of the paper's algorithm, on the reference and every build`, async () => {
    await compareLogits(referenceBackend, run, 2e-7)
    for (const { name } of runnable) {
      await compareLogits(await createWasmBackend({ kernels: name }), run, 1e-5)
    }
  })

  test(`${what}: the same tokens become one`, async () => {
    for (const backend of [referenceBackend, await createWasmBackend()]) {
      await compareRows(backend, run)
    }
  })
}

test.run()
