import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { timm } from '../../src/families/vit/names/timm.ts'
import { ArgumentError, FormatError } from '../../src/index.ts'
import { Best } from '../../src/train/best.ts'
import type { TrainOptions } from '../../src/train/options.ts'
import { train } from '../../src/train/train.ts'
import { rejects } from '../checkpoint/collect.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { withFolder } from './data/made.ts'
import { bytesOf, checkpoint, losses, options, pictures, readModel, run } from './runs.ts'

/** What a file says of its training, and all its tensors. */
for (const optimizer of ['sgd', 'adamw'] as const) {
  test(`a run that goes on from a saved state ends with the same bits: ${optimizer}`, async () => {
    await withFolder(await pictures(5), async (folder) => {
      const recipe = { totalSteps: 7, evalEvery: 0, checkpointEvery: 3, optimizer }
      const whole = await run(folder, recipe)
      assert.equal(
        whole.states.map(({ step }) => step),
        [3, 6, 7],
        'also at the end',
      )
      const resumed = await run(folder, { ...recipe, resume: whole.states[0]!.bytes })
      assert.equal([...losses(resumed.events).keys()], [4, 5, 6, 7])
      for (const [step, loss] of losses(resumed.events)) {
        assert.is(loss, losses(whole.events).get(step))
      }
      assert.equal(resumed.result.model, whole.result.model)
      const ended = await run(folder, {
        ...recipe,
        resume: new Blob([Uint8Array.from(whole.states[2]!.bytes)]),
      })
      assert.equal(ended.result.model, whole.result.model)
      const other = run(folder, { ...recipe, seed: 9, resume: whole.states[0]!.bytes })
      await rejects(other, ArgumentError, /seed/)
      const none = run(folder, { ...recipe, resume: whole.result.model })
      await rejects(none, FormatError, /no state of a training run/)
    })
  })
}

test('a state of a run that began with another checkpoint is refused', async () => {
  await withFolder(await pictures(5), async (folder) => {
    const recipe = {
      totalSteps: 2,
      warmupSteps: 1,
      checkpointEvery: 1,
      freeze: 'backbone',
    } as const
    const { states } = await run(folder, recipe)
    const another = await asSafetensors(tensorsOf(timm, smallConfig, 4))
    const other = train(another, folder, { ...options, ...recipe, resume: states[0]!.bytes })
    await rejects(other.next(), ArgumentError, /checkpoint/)
  })
})

const changed: [name: string, from: string, to: string, message: RegExp][] = [
  // Sorted, its classes change places.
  ['a class has another name', 'blue', 'zebra', /has classes "blue, red", .* classes "red, zebra"/],
  ['a picture has another name', 'blue/3.png', 'blue/9.png', /has pictures ".* pictures "/],
  ['a picture has another class', 'blue/3.png', 'red/3b.png', /has pictures ".* pictures "/],
]

for (const [name, from, to, message] of changed) {
  test(`a run is not resumed with other pictures: ${name}`, async () => {
    await withFolder(await pictures(5), async (folder) => {
      const recipe = { totalSteps: 2, warmupSteps: 1, checkpointEvery: 1, validation: 0 }
      rmSync(join(folder, 'test'), { recursive: true })
      const { states } = await run(folder, recipe)
      renameSync(join(folder, 'train', from), join(folder, 'train', to))
      const resumed = run(folder, { ...recipe, resume: states[0]!.bytes })
      await rejects(resumed, ArgumentError, message)
    })
  })
}

test('another size is not said to be another checkpoint', async () => {
  await withFolder(await pictures(5), async (folder) => {
    const recipe = { totalSteps: 2, warmupSteps: 1, checkpointEvery: 1 }
    const { states } = await run(folder, recipe)
    const resumed = run(folder, { ...recipe, imageSize: 16, resume: states[0]!.bytes })
    await rejects(resumed, ArgumentError, /has imageSize "\d+x\d+", and this one imageSize "16x16"/)
  })
})

/** Learns, and forgets with the last updates, since its learning rate is far too high. */
const forgets: TrainOptions = {
  ...{ totalSteps: 12, warmupSteps: 1, evalEvery: 2, batch: 4, validation: 0.3 },
  ...{ baseLr: 10, decayType: 'constant', seed: 1 },
}

test('the best weights come out, also of a run that was resumed after them', async () => {
  await withFolder(await pictures(20), async (folder) => {
    const recipe = { ...forgets, checkpointEvery: 1 }
    const whole = await run(folder, recipe)
    const evaluations = whole.events.filter((event) => event.type === 'evaluation')
    const best = evaluations.findLast(({ isBest }) => isBest)!
    assert.ok(best.step < 12, 'the recipe must forget, or this tests nothing')
    for (const { evaluation } of evaluations) {
      assert.ok(evaluation.accuracy <= best.evaluation.accuracy)
    }
    assert.is(whole.result.step, best.step)
    assert.is(whole.result.best!.step, best.step)
    const out = await readModel(whole.result.model)
    const then = await readModel(whole.models.find(({ step }) => step === best.step)!.bytes)
    assert.equal(out.tensors, then.tensors)
    assert.is(out.record.step, best.step)
    assert.ok(out.record.finished)
    assert.not.ok(then.record.finished)
    assert.is(out.record.validation!.accuracy, best.evaluation.accuracy)
    assert.is(out.record.test!.accuracy, whole.result.test!.accuracy)
    assert.is(out.record.test!.classes.length, 2)

    for (const { step, bytes } of whole.states.filter(({ step }) => step >= best.step - 1)) {
      const resumed = await run(folder, { ...recipe, resume: bytes })
      assert.equal(resumed.result.model, whole.result.model, `resumed at ${step}`)
    }

    const last = await run(folder, { ...forgets, select: 'last' })
    assert.is(last.result.step, 12)
    assert.is(last.result.best!.step, best.step)
    const final = await readModel(whole.models.at(-1)!.bytes)
    assert.equal((await readModel(last.result.model)).tensors, final.tensors)
  })
})

test('of equal accuracies the lower loss is better, of equal losses the earlier', () => {
  const best = new Best(true)
  const offer = (step: number, accuracy: number, loss: number, pictures = 10) =>
    best.offer(step, { pictures, accuracy, loss }, new Map([['a', Float32Array.of(step)]]))
  assert.not.ok(offer(1, 1, 0, 0), 'of no pictures')
  assert.ok(offer(2, 0.5, 2))
  assert.not.ok(offer(3, 0.4, 1))
  assert.not.ok(offer(4, 0.5, 2))
  assert.ok(offer(5, 0.5, 1.5))
  assert.ok(offer(6, 0.6, 9))
  assert.is(best.score!.step, 6)
  assert.equal([...best.parameters!.get('a')!], [6])
})

test('files of a moment are refused after it', async () => {
  await withFolder(await pictures(4), async (folder) => {
    const recipe = { totalSteps: 2, warmupSteps: 1, checkpointEvery: 1, evalEvery: 1 }
    const training = train(checkpoint, folder, { ...options, ...recipe })
    const files: AsyncIterable<Uint8Array>[] = []
    for await (const event of training) {
      if (event.type === 'checkpoint') files.push(event.state)
      if (event.type === 'evaluation') files.push(event.model)
    }
    assert.is(files.length, 4)
    for (const file of files) await rejects(bytesOf(file), ArgumentError, /before the next event/)
  })
})

test.run()
