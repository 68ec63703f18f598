import { test } from 'uvu'
import { createTfjsTrainingBackend } from '../../../../src/backends/tfjs/training/backend.ts'
import { sharedTest } from '../../../shared.ts'
import { gradientCases } from '../../../train/gradient-cases.ts'
import { compareGradients } from '../../golden-gradients.ts'

for (const use of ['cpu', 'wasm'] as const) {
  sharedTest(`gradients of whole models are those of the official code, on ${use}`, async () => {
    const backend = await createTfjsTrainingBackend({ use })
    for await (const golden of gradientCases()) {
      await compareGradients(golden, backend, `${golden.name}, ${use}`)
    }
  })
}

test.run()
