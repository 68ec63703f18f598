import { test } from 'uvu'
import { createTfjsBackend } from '../../../src/backends/tfjs/tfjs.ts'
import { compareDual, dualPrograms } from '../dual-programs.ts'

// Models of images and texts against float64.
for (const [name, programs] of Object.entries(dualPrograms)) {
  test(`${name} on TensorFlow.js, wasm`, async () =>
    compareDual(await createTfjsBackend({ use: 'wasm' }), programs))
}

test.run()
