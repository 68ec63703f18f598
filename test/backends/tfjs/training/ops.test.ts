import { test } from 'uvu'
import { createTfjsTrainingBackend } from '../../../../src/backends/tfjs/training/backend.ts'
import { trainingOperationChecks } from '../../training-operations.ts'

// Single operations of training on the backends of TensorFlow.js that Node has.
for (const use of ['cpu', 'wasm'] as const) {
  for (const [name, check] of Object.entries(trainingOperationChecks)) {
    // Refused by name; see model.test.ts.
    if (/^token_embedding/.test(name)) continue
    test(`${name} on ${use}`, async () => {
      const backend = await createTfjsTrainingBackend({ use })
      // Plain JavaScript, and slow; it has no blocks, of which only large images have many.
      const few = use === 'cpu' ? { sizes: [1, 5], positions: 200 } : { sizes: [1, 5, 33] }
      await check({ name: use, backend, bound: 3e-6, ...few })
    })
  }
}

test.run()
