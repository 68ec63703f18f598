import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Case, caseProgram, type Level } from '../../bench/cases/case.ts'
import { randomWeights } from '../../bench/cases/random.ts'
import { format } from '../../bench/peers/formats/safetensors.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { planCheckpoint } from '../../src/families/plan.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { loadCheckpoint } from '../checkpoint/loading.ts'
import { smallConfig } from '../checkpoint/models.ts'

function written(variation: Partial<ViTConfig>, level: Level = 'model') {
  const config = { ...smallConfig, ...variation }
  const bench: Case = { level, name: 'small', config, batch: 1, threads: 1 }
  const program = caseProgram(bench, 'full')
  const weights = randomWeights(program.weights)
  const pieces = [...format.files({ bench, program, dtype: 'f32' }, weights)]
  return { config, weights, bytes: Buffer.concat(pieces.map(([, piece]) => piece)) }
}

test("engines that know Hugging Face's names are given the same weights as the others", async () => {
  for (const variation of [{}, { qkvBias: false }, { imageSize: [8, 20], patchSize: [2, 4] }]) {
    const { config, weights, bytes } = written(variation as Partial<ViTConfig>)
    const file = await openCheckpoint(new Uint8Array(bytes))
    const { heads, imageSize } = config
    const plan = await planCheckpoint(file, { heads, imageSize })
    assert.is(plan.publisher, 'huggingface')
    assert.equal(plan.ignored, [])
    const loaded = await loadCheckpoint(file, plan)
    assert.equal([...loaded.keys()].sort(), [...weights.keys()].sort())
    for (const [name, values] of weights) assert.equal(loaded.get(name), values, name)
  }
})

test('what such a file can not hold is not written', () => {
  assert.is(written({ distilled: true }).bytes.length, 0)
  assert.is(written({ representation: 3 }).bytes.length, 0)
  assert.is(written({}, 'block').bytes.length, 0)
})

test.run()
