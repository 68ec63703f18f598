import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { ViTConfig } from '../../../src/families/vit/config.ts'
import { vitProgram } from '../../../src/families/vit/program.ts'
import { variantConfig, variants } from '../../../src/families/vit/variants.ts'
import type { Program } from '../../../src/program/program.ts'
import { sharedJSON, sharedTest } from '../../shared.ts'

const parameters = (program: Program) =>
  program.weights.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0)

test('every variant has the published number of parameters', () => {
  assert.is(variants.length, 13)
  for (const { name, parameters: published } of variants) {
    assert.is(parameters(vitProgram(variantConfig(name))), published, name)
  }
})

sharedTest('and that of the official code with other heads', () => {
  const { counts } = sharedJSON<{ counts: Record<string, Record<string, number>> }>(
    'golden/official/param-counts/counts.json',
  )
  for (const { name } of variants) {
    for (const [classes, count] of Object.entries(counts[name]!)) {
      const program = vitProgram(variantConfig(name, { classes: Number(classes) }))
      assert.is(parameters(program), count, `${name} with ${classes} classes`)
    }
  }
})

test('names work with and without their prefix; unknown ones are told the known ones', () => {
  assert.equal(variantConfig('B_16'), variantConfig('ViT-B_16'))
  assert.throws(() => variantConfig('B_17'), /no variant "B_17"; did you mean B_16\? .*ViT-B_16/)
})

test('a config that contradicts itself is refused', () => {
  const wrong = [
    [{ heads: 5 }, /192 can't be divided among 5 heads/],
    [{ width: 0 }, /config\.width must be a whole number from 1, not 0/],
    [{ depth: 1.5 }, /config\.depth/],
    [{ classToken: false }, /'token' needs a class token/],
    [{ classifier: 'gap', distilled: true }, /distilled model has the classifier 'token'/],
    [{ imageSize: [8, 224] }, /holds no patch/],
    [{ imageSize: [224, Number.NaN] }, /config\.imageSize/],
    [{ eps: -1 }, /config\.eps/],
    [{ gelu: 'relu' }, /config\.gelu must be one of tanh, erf/],
    [{ classifier: 'map' }, /config\.classifier must be one of token/],
    [{ imageSize: 224 }, /config\.imageSize must be two whole numbers/],
    [{ head: 3 }, /no option config\.head; did you mean config\.heads\?/],
  ] as const
  for (const [overrides, message] of wrong) {
    assert.throws(
      () => vitProgram(variantConfig('Ti_16', overrides as Partial<ViTConfig>)),
      (error: { code?: string; message: string }) =>
        error.code === 'ARGUMENT' && message.test(error.message),
      JSON.stringify(overrides),
    )
  }
})

test.run()
