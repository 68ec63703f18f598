import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { erfFit } from '../../src/backends/gelu-fit.ts'
import { geluErf } from '../../src/backends/reference/ops/gelu.ts'

test('the sigmoid that stands for the exact GELU is within 7e-8 of it', () => {
  let worst = 0
  for (let x = -30; x <= 30; x += 1e-3) {
    const power = erfFit.reduce((sum, factor) => sum * x * x + factor, 0)
    worst = Math.max(worst, Math.abs(x / (1 + Math.exp(-x * power)) - geluErf(x)))
  }
  assert.ok(worst < 7e-8, `${worst}`)
})

test.run()
