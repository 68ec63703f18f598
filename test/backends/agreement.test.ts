import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { onlyInput } from '../../src/backends/inputs.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import type { Weight } from '../../src/program/values.ts'
import { gaussian } from '../random.ts'
import { configs } from './configs.ts'
import { runAll, worst } from './values.ts'
import { runnable } from './wasm/builds/runnable.ts'

// Every value of every program below, on every build, against float64.
const BOUND = 2e-5

for (const [name, config] of Object.entries(configs)) {
  test(name, async () => {
    const program = vitProgram(config)
    const shape = program.values[onlyInput(program).id]!.shape
    const pixels = gaussian(7, shape[0] * shape[1])
    const expected = await runAll(referenceBackend.createModel(program.weights), program, pixels)
    for (const build of runnable) {
      const backend = await createWasmBackend({ kernels: build.name })
      const found = await runAll(backend.createModel(program.weights), program, pixels)
      for (const [value, reference] of Object.entries(expected)) {
        const error = worst(found[value]!, reference)
        assert.ok(error < BOUND, `${build.name} ${value}: off by ${error}`)
      }
    }
  })
}

test('weights and values beyond 2 GiB, and up to the end of the address space', async () => {
  const program = vitProgram({ ...configs['class token, erf']!, depth: 1 })
  const pixels = gaussian(7, 32 * 32 * 3)
  const build = runnable.at(-1)!
  const backend = await createWasmBackend({ kernels: build.name })
  const expected = await runAll(backend.createModel(program.weights), program, pixels)
  for (const gibibytes of [1.999, 3.9]) {
    // It is never written, so the machine does not have to have it.
    const below: Weight = {
      name: 'below',
      shape: [Math.floor((gibibytes * 2 ** 30) / 64), 16],
      role: 'kernel',
    }
    const weights = [below, ...program.weights]
    const found = await runAll(backend.createModel(weights), program, pixels)
    assert.equal(found, expected, `${gibibytes} GiB`)
  }
})

test.run()
