import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builds } from '../../src/backends/wasm/builds/builds.ts'
import { prepareTrial } from '../../src/backends/wasm/v8/trial.ts'
import { chooseWide } from '../../src/backends/wasm/v8/wide.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { runnable } from './builds.ts'

const tested = /^(13\.6|14\.6)\./.test(process.versions.v8) && process.arch === 'x64'
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

for (const [dtype, kind] of [
  ['f32', 'relaxed'],
  ['int8', 'relaxed'],
  ['int16', 'simd'],
] as const) {
  test(`${dtype}: panels of 8 and of 16 give the same bits, fused to 256 bits or not`, async () => {
    const named = (name: string) => builds.find((build) => build.name === name)!
    if (!runnable.includes(named(`${kind}16`))) return
    const before = await prepareTrial(named(`${kind}8`), { dtype })
    const plain = await prepareTrial(named(`${kind}16`), { dtype })
    const expected = await before.answer()
    assert.equal(await plain.answer(), expected)
    if (!tested) return
    const fused = await prepareTrial(named(`${kind}16`), { dtype, fused: true })
    assert.equal(await fused.answer(), expected)
  })
}

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
