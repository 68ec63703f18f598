import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { MixerConfig } from '../../../src/families/mixer/config.ts'
import { mixerProgram } from '../../../src/families/mixer/program.ts'
import { mixers, mixerVariants } from '../../../src/families/mixer/variants.ts'
import { parameterCount } from '../../../src/program/passes/work.ts'
import { sharedJSON, sharedTest } from '../../shared.ts'

const { variantConfig } = mixerVariants

test('every Mixer has the published number of parameters', () => {
  assert.is(mixers.length, 6)
  for (const { name, parameters } of mixers) {
    assert.is(parameterCount(mixerProgram(variantConfig(name))), parameters, name)
  }
})

sharedTest('and that of the official code with other heads', () => {
  const { counts } = sharedJSON<{ counts: Record<string, Record<string, number>> }>(
    'golden/official/param-counts/counts.json',
  )
  const counted = mixers.filter(({ name }) => Object.hasOwn(counts, name))
  assert.equal(
    counted.map(({ name }) => name),
    ['Mixer-B_32', 'Mixer-B_16', 'Mixer-L_16'],
  )
  for (const { name } of counted) {
    for (const [classes, count] of Object.entries(counts[name]!)) {
      const program = mixerProgram(variantConfig(name, { classes: Number(classes) }))
      assert.is(parameterCount(program), count, `${name} with ${classes} classes`)
    }
  }
})

test('a config that makes no sense is refused', () => {
  const wrong = [
    [{ padding: 'reflect' }, /config\.padding must be one of same, valid/],
    [{ tokenMlpWidth: 0 }, /config\.tokenMlpWidth must be a whole number from 1/],
    [{ padding: 'valid', imageSize: [8, 224] }, /holds no patch/],
    [{ heads: 12 }, /no option config\.heads/],
  ] as const
  for (const [overrides, message] of wrong) {
    assert.throws(
      () => mixerProgram(variantConfig('Mixer-B_16', overrides as Partial<MixerConfig>)),
      (error: { code?: string; message: string }) =>
        error.code === 'ARGUMENT' && message.test(error.message),
      JSON.stringify(overrides),
    )
  }
})

test.run()
