import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sharedTest } from '../../../shared.ts'
import { gradientCases } from '../../../train/gradient-cases.ts'
import { compareGradients } from '../../golden-gradients.ts'
import { runnable, trainingBackend } from './runnable.ts'

sharedTest('gradients of whole models are those of the official code, in f32', async () => {
  for await (const golden of gradientCases()) {
    let bits: Float32Array[] | undefined
    for (const build of runnable) {
      for (const threads of build === runnable[0] ? [1, 2, 3] : [1]) {
        const what = `${golden.name}, ${build.name}, ${threads} threads`
        const made = await compareGradients(golden, await trainingBackend(build, threads), what)
        if (build !== runnable[0]) continue
        bits ??= made
        assert.equal(made, bits, `${what}: other bits`)
      }
    }
  }
})

test.run()
