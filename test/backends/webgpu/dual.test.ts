import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { gaussian, writeRandomWeights } from '../../random.ts'
import { compareDual, dualPrograms } from '../dual-programs.ts'
import { gpuTest, lavapipe } from './adapters.ts'

// Models of images and texts in software, against float64.
for (const [name, programs] of Object.entries(dualPrograms)) {
  gpuTest(lavapipe, `${name} on lavapipe`, (backend) => compareDual(backend, programs))
}

gpuTest(lavapipe, 'a program whose buffers were released runs again', async (backend) => {
  const [program] = dualPrograms["SigLIP's images, pooled by attention"]!
  const model = backend.createModel(program!.weights)
  writeRandomWeights(model, program!.weights)
  const executable = model.compile(program!)
  const pixels = gaussian(1, program!.values[program!.inputs.pixels!]!.shape[0] * 3)
  const first = await executable.run({ pixels })
  executable.release!()
  // The second is under way when they are released.
  const running = executable.run({ pixels })
  executable.release!()
  for (const again of [await running, await executable.run({ pixels })]) {
    assert.equal(again.features, first.features)
  }
  model.dispose()
})

test.run()
