import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { platform } from '#platform'
import { type Build, builds } from '../../../../src/backends/wasm/builds/builds.ts'
import { recall, remember } from '../../../../src/backends/wasm/v8/measured.ts'
import { prepareTrial } from '../../../../src/backends/wasm/v8/trial.ts'
import { chooseWide, withWideFlag } from '../../../../src/backends/wasm/v8/wide.ts'
import { withCache } from '../../../cache.ts'

const named = (name: Build['name']) => builds.find((build) => build.name === name)!
const f32 = { dtype: 'f32', shared: false } as const
const measured = { checksum: 7, times: [0.5, 1e-5] }

test(
  'what was measured is recalled for the same kernels and use alone',
  withCache(async () => {
    await remember(named('simd8'), f32, measured)
    assert.equal(await recall(named('simd8'), f32), measured)
    assert.is(await recall(named('simd16'), f32), undefined)
    assert.is(await recall(named('simd8'), { ...f32, shared: true }), undefined)
    assert.is(await recall(named('simd8'), { ...f32, dtype: 'int16' }), undefined)
    assert.is(await recall(named('simd8'), { ...f32, training: true }), undefined)
  }),
)

test(
  'a note from another engine, processor or build, or none of ours, is none',
  withCache(async () => {
    const name = 'kernels simd8 f32'
    await remember(named('simd8'), f32, measured)
    const note = platform.notes.recall(name)!
    for (const text of [
      note.replace('V8 ', 'V8 1'),
      note.replace('of":"', 'of":"1'),
      note.replace('[0.5', '["0.5"'),
      note.replace('[0.5,0.00001]', '3'),
      note.slice(0, -5),
      'null',
      '',
    ]) {
      assert.is.not(text, note)
      platform.notes.remember(name, text)
      assert.is(await recall(named('simd8'), f32), undefined, text)
    }
  }),
)

const fuses = withWideFlag() !== undefined
if (!fuses) console.log('skipping notes that are not true: this engine fuses nothing')
const onWide = fuses ? test : test.skip

onWide(
  'a note that is not true is found out and replaced',
  withCache(async () => {
    // With these times the wide kernels look slow, and with this checksum wrong.
    const use = { dtype: 'f32', shared: true } as const
    const lie = { checksum: 7, times: Array.from({ length: 20 }, () => 1e-9) }
    await remember(named('relaxed8'), use, lie)
    const choice = await chooseWide(undefined, use)
    const now = await recall(named('relaxed8'), use)
    // Where 256 bits bring something, which a busy machine may hide.
    if (choice.use)
      assert.is(now?.checksum, await (await prepareTrial(choice.build, use)).checksum())
    else assert.equal([choice.build.name, now], ['relaxed8', lie])
  }),
)

test.run()
