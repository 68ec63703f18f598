import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builds } from '../../../../src/backends/wasm/builds/builds.ts'
import { whileFusing } from '../../../../src/backends/wasm/v8/compile.ts'
import { prepareTrial } from '../../../../src/backends/wasm/v8/trial.ts'
import { chooseWide, withWideFlag } from '../../../../src/backends/wasm/v8/wide.ts'
import { createWasmBackend } from '../../../../src/backends/wasm/wasm.ts'
import { runnable } from '../builds/runnable.ts'

const tested = withWideFlag() !== undefined
if (!tested) console.log('skipping kernels of 256 bits: this engine fuses nothing')
const f32 = { dtype: 'f32', shared: false } as const

test('the option and the environment variable turn the 256-bit path off', async () => {
  const off = await chooseWide(false, f32)
  assert.is(off.use, false)
  assert.match(off.reason, /option wide/)
  process.env.VITRINE_WIDE = '0'
  const byVariable = await chooseWide(undefined, f32)
  delete process.env.VITRINE_WIDE
  assert.is(byVariable.use, false)
  assert.match(byVariable.reason, /VITRINE_WIDE=0/)
  assert.match((await createWasmBackend({ wide: false })).description, /^(relaxed8|simd8): /)
})

for (const [what, use, kind] of [
  ['f32', { dtype: 'f32' }, 'relaxed'],
  ['training', { dtype: 'f32', training: true }, 'relaxed'],
  ['training on threads', { dtype: 'f32', training: true, shared: true }, 'relaxed'],
  ['int8', { dtype: 'int8' }, 'relaxed'],
  ['int16', { dtype: 'int16' }, 'simd'],
] as const) {
  const named = (name: string) => builds.find((build) => build.name === name)!
  const [narrow, wide] = [named(`${kind}8`), named(`${kind}16`)]
  const runs = runnable.includes(wide)
  if (!runs) console.log(`skipping ${wide.name}: this engine does not run it`)
  const plainTest = runs ? test : test.skip
  const fusedTest = runs && tested ? test : test.skip

  plainTest(`${what}: panels of 8 and of 16 give the same bits`, async () => {
    const expected = await (await prepareTrial(narrow, use)).checksum()
    assert.equal(await (await prepareTrial(wide, use)).checksum(), expected)
  })

  fusedTest(`${what}: kernels fused to 256 bits give the same bits`, async () => {
    const expected = await (await prepareTrial(narrow, use)).checksum()
    const fused = await whileFusing(async () => {
      const trial = await prepareTrial(wide, { ...use, fused: true })
      // Until they are optimised, which is when they are fused.
      for (let i = 0; i < 20; i++) await trial.times()
      await trial.checksum()
      return trial
    })
    for (let i = 0; i < 5; i++) assert.equal(await fused.checksum(), expected)
  })
}

test('training has kernels of its own, and a choice of its own', async () => {
  const [inference, training] = await Promise.all(
    [false, true].map((training) => chooseWide(undefined, { ...f32, training })),
  )
  assert.is(inference!.build.relaxed, training!.build.relaxed)
  if (!tested) return assert.is(training!.use, false)
  assert.is(await chooseWide(undefined, { ...f32, training: true }), training)
  assert.is.not(training, inference)
})

test('the choice is explained, made once, and only on versions that were tested', async () => {
  for (const dtype of ['f32', 'int16', 'int8'] as const) {
    const choice = await chooseWide(undefined, { dtype, shared: false })
    assert.ok(choice.reason.length > 10)
    assert.is(choice.build.relaxed, dtype !== 'int16')
    if (!tested) assert.is(choice.use, false)
    else assert.is(await chooseWide(undefined, { dtype, shared: false }), choice)
  }
})

test.run()
