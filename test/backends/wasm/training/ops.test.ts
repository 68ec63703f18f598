import { test } from 'uvu'
import { trainingOperationChecks } from '../../training-operations.ts'
import { runnable, trainingBackend } from './runnable.ts'

// Single operations of training on every build.
for (const [name, check] of Object.entries(trainingOperationChecks)) {
  test(name, async () => {
    for (const build of runnable) {
      await check({ name: build.name, backend: await trainingBackend(build), bound: 3e-6 })
    }
  })
}

test.run()
