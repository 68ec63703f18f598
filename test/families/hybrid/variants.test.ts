import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { HybridConfig } from '../../../src/families/hybrid/config.ts'
import { hybridProgram } from '../../../src/families/hybrid/program.ts'
import { hybrids, hybridVariants } from '../../../src/families/hybrid/variants.ts'
import { parameterCount } from '../../../src/program/passes/work.ts'
import { sharedJSON, sharedTest } from '../../shared.ts'

const { variantConfig } = hybridVariants

test('every hybrid has the published number of parameters', () => {
  assert.is(hybrids.length, 5)
  for (const { name, parameters } of hybrids) {
    assert.is(parameterCount(hybridProgram(variantConfig(name))), parameters, name)
  }
})

sharedTest('and that of the official code with other heads', () => {
  const { counts } = sharedJSON<{ counts: Record<string, Record<string, number>> }>(
    'golden/official/param-counts/counts.json',
  )
  for (const { name } of hybrids) {
    for (const [classes, count] of Object.entries(counts[name]!)) {
      const program = hybridProgram(variantConfig(name, { classes: Number(classes) }))
      assert.is(parameterCount(program), count, `${name} with ${classes} classes`)
    }
  }
})

test('the grid of patches at the sizes that are in use', () => {
  const tokens = (name: string, side: number) => {
    const program = hybridProgram(variantConfig(name, { imageSize: [side, side] }))
    return program.values.find((value) => value.name === 'tokens')!.shape[0]
  }
  assert.equal(
    hybrids.map(({ name }) => [tokens(name, 224), tokens(name, 384)]),
    [
      [50, 145],
      [50, 145],
      [50, 145],
      [197, 577],
      [50, 145],
    ],
  )
  // SAME rounds up at every layer with a stride, and patches round down.
  assert.is(tokens('R50+ViT-B_16', 225), 1 + 15 * 15)
  assert.is(tokens('R+ViT-Ti_16', 252), 1 + 7 * 7)
  assert.is(tokens('R+ViT-Ti_16', 253), 1 + 8 * 8)
})

test('a config that contradicts itself is refused', () => {
  const wrong = [
    [{ units: [3, 0] }, /config\.units must be an array of whole numbers from 1/],
    [{ units: 3 }, /config\.units must be an array/],
    [{ stemWidth: 48 }, /48 channels can't be divided among 32 groups/],
    [{ kernelEps: 0 }, /config\.kernelEps must be a number above 0/],
    [{ kernelEpsOn: 'std' }, /config\.kernelEpsOn must be one of deviation, variance/],
    [
      { patchSize: [8, 8], imageSize: [64, 256] },
      /64 x 256 pixels has features of 4 x 16.*no patch/,
    ],
    [{ heads: 5 }, /768 can't be divided among 5 heads/],
    [{ groupsize: 3 }, /no option config\.groupsize; did you mean config\.groups\?/],
  ] as const
  for (const [overrides, message] of wrong) {
    assert.throws(
      () => hybridProgram(variantConfig('R50+ViT-B_16', overrides as Partial<HybridConfig>)),
      (error: { code?: string; message: string }) =>
        error.code === 'ARGUMENT' && message.test(error.message),
      JSON.stringify(overrides),
    )
  }
})

test.run()
