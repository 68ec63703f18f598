import { test } from 'uvu'
import { createWebgpuTrainingBackend } from '../../../../src/backends/webgpu/training/backend.ts'
import { hasShared, sharedTest } from '../../../shared.ts'
import { gradientCases } from '../../../train/gradient-cases.ts'
import { compareGradients } from '../../golden-gradients.ts'
import { lavapipe, swiftshader } from '../adapters.ts'

// Whole models on GPUs that are programs. SwiftShader compiles for seconds: one model of its own shapes is enough.
for (const [name, options, cases] of [
  ['lavapipe', lavapipe, /^(token|gap|pre_logits|mixer)$/],
  ['SwiftShader', swiftshader, /^gap$/],
] as const) {
  const add = options || !hasShared ? sharedTest : test.skip
  add(`gradients of ViTs and Mixers are those of the official code, on ${name}`, async () => {
    const backend = await createWebgpuTrainingBackend(options)
    try {
      for await (const golden of gradientCases()) {
        if (!cases.test(golden.name)) continue
        await compareGradients(golden, backend, `${golden.name}, ${name}`)
      }
    } finally {
      backend.dispose!()
    }
  })
}

test.run()
