import { test } from 'uvu'
import { createWebgpuTrainingBackend } from '../../../../src/backends/webgpu/training/backend.ts'
import { trainingOperationChecks } from '../../training-operations.ts'
import { lavapipe, swiftshader } from '../adapters.ts'

// Single operations of training on GPUs that are programs.
const missing = /token_embedding|conv2d|group_norm|standardize/
const subjects = { lavapipe, SwiftShader: swiftshader }

for (const [name, options] of Object.entries(subjects)) {
  const add = options ? test : test.skip
  for (const [what, check] of Object.entries(trainingOperationChecks)) {
    if (missing.test(what)) continue
    add(`${what} on ${name}`, async () => {
      const backend = await createWebgpuTrainingBackend(options)
      try {
        await check({ name, backend, bound: 3e-6, sizes: [1, 5, 33] })
      } finally {
        backend.dispose!()
      }
    })
  }
}

test.run()
