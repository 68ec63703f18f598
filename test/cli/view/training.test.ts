import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { trainingFields } from '../../../src/cli/view/training.ts'
import type { Settings } from '../../../src/train/settings.ts'

test('settings that have fields are shown with them', () => {
  const settings = { batch: 8, lora: { rank: 4, alpha: 2 } } as Settings
  const [, value] = trainingFields({ settings }).find(([name]) => name === 'settings')!
  assert.is(value, 'batch 8, lora (rank 4, alpha 2)')
})

test.run()
