import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { vitProgram } from '../../../../src/families/vit/program.ts'
import { variantConfig } from '../../../../src/families/vit/variants.ts'
import { withOutputs } from '../../../../src/program/passes/outputs.ts'
import { runnable } from '../builds/runnable.ts'
import { loadRandom, outcome, workersReady } from '../threads/workers.ts'

// A machine that has no more memory, though addresses are left: growing fails.
const { grow } = WebAssembly.Memory.prototype
const refuse = () => {
  WebAssembly.Memory.prototype.grow = () => {
    throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory')
  }
}
const allow = () => {
  WebAssembly.Memory.prototype.grow = grow
}
test.after.each(allow)

const build = runnable.at(-1)!
const programOf = (size: number) =>
  withOutputs(
    vitProgram(variantConfig('Ti_16', { imageSize: [size, size], depth: 1, classes: 3 })),
    ['logits'],
  )

test('a model without memory for its runs is refused, and works once there is some', async () => {
  for (const threads of [1, 2]) {
    refuse()
    assert.is(await outcome(loadRandom(build, programOf(224), { threads })), 'MEMORY')
    allow()
    const { model, executable, pixels } = await loadRandom(build, programOf(224), { threads })
    assert.is(await outcome(executable.run({ pixels })), 'done')
    model.dispose()
  }
})

test('where memory can’t grow any more, runs wait for the place of others', async () => {
  for (const options of [{ threads: 1 }, { threads: 3 }, { threads: 2, blocking: true }]) {
    const { model, executable, pixels } = await loadRandom(build, programOf(112), options)
    const expected = await executable.run({ pixels })
    await workersReady(options.threads - 1)
    refuse()
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all([1, 2, 3, 4, 5].map(() => executable.run({ pixels })))
      for (const found of all) assert.equal(found, expected)
    }
    allow()
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => executable.run({ pixels })))
    for (const found of all) assert.equal(found, expected)
    model.dispose()
  }
})

test.run()
