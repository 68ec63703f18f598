import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { vitProgram } from '../../src/families/vit/program.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import { matrixFlops } from '../../src/program/passes/work.ts'

test('all products of a ViT are counted, and pruning saves most of a block', () => {
  const [tokens, width, mlp] = [197, 768, 3072]
  const block = tokens * width * (4 * width + 2 * mlp) + 2 * tokens ** 2 * width
  const expected = 196 * width * width + 12 * block + width * 1000
  const program = vitProgram(variantConfig('B_16'))
  const full = matrixFlops(program) / 2
  assert.is(full, expected)
  const saved = full - matrixFlops(withoutUnusedRows(withOutputs(program, ['logits']))) / 2
  assert.ok(saved > 0.8 * block && saved < block)
})

test.run()
