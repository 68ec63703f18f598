import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { timm } from '../../src/families/vit/names/timm.ts'
import { load } from '../../src/index.ts'
import { smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { withFolder } from './data/made.ts'
import { picture, pictures, run } from './runs.ts'

test('a model learns two classes of a folder, and its file just loads', async () => {
  await withFolder(await pictures(12), async (folder) => {
    const { events, result } = await run(folder)
    const steps = events.filter((event) => event.type === 'step')
    assert.is(steps.length, 40)
    assert.ok(steps.at(-1)!.loss < steps[0]!.loss / 2, `${steps.map(({ loss }) => loss)}`)
    assert.equal(
      events.filter((event) => event.type === 'evaluation').map(({ step }) => step),
      [20, 40],
    )
    assert.is(result.test?.pictures, 8)
    assert.is(result.test?.accuracy, 1)
    assert.equal(result.labels, ['blue', 'red'])
    using model = await load(result.model)
    for (const colour of ['red', 'blue'] as const) {
      const [best] = await model.classify(await picture(colour, 77))
      assert.is(best!.label, colour)
    }
  })
})

test('the same seed gives the same bits', async () => {
  await withFolder(await pictures(4), async (folder) => {
    const one = await run(folder, { totalSteps: 3, seed: 5 })
    const other = await run(folder, { totalSteps: 3, seed: 5 })
    assert.equal(one.result.model, other.result.model)
    const another = await run(folder, { totalSteps: 3, seed: 6 })
    assert.not.equal(one.result.model, another.result.model)
  })
})

test('only what is trained changes', async () => {
  await withFolder(await pictures(4), async (folder) => {
    const before = new Map(tensorsOf(timm, smallConfig).map(({ name, values }) => [name, values]))
    for (const freeze of ['backbone', 1, 'none'] as const) {
      const { result } = await run(folder, { totalSteps: 3, freeze })
      const { openCheckpoint } = await import('../../src/checkpoint/read/open.ts')
      const file = await openCheckpoint(result.model)
      for (const [name, values] of before) {
        if (name.startsWith('head.')) continue
        const after: number[] = []
        for await (const part of file.read(name)) after.push(...part)
        const changed = after.some((value, i) => value !== values[i])
        const isTrained = freeze === 'none' || (freeze === 1 && /^(blocks\.1\.|norm\.)/.test(name))
        assert.is(changed, isTrained, `${freeze}: ${name}`)
      }
      await file.close()
    }
  })
})

test.run()
