import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createWasmTrainingBackend } from '../../src/backends/wasm/training/backend.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { NumericError, WorkerError } from '../../src/index.ts'
import { sgd } from '../../src/train/recipe/optimizer.ts'
import { train } from '../../src/train/train.ts'
import { type Sample, Trainer } from '../../src/train/trainer.ts'
import { gone, workers, workersReady } from '../backends/wasm/threads/workers.ts'
import { rejects } from '../checkpoint/collect.ts'
import { gaussian } from '../random.ts'
import { withFolder } from './data/made.ts'
import { bytesOf, checkpoint, losses, options, pictures, run } from './runs.ts'

const config = variantConfig('Ti_16', { imageSize: [64, 64], depth: 2, classes: 3 })

/** A trainer of random weights on two threads; the bits are the same each time. */
async function trainer(learningRate = 0.01): Promise<Trainer> {
  const backend = await createWasmTrainingBackend({ threads: 2 })
  const made = new Trainer({
    ...{ backend, program: vitProgram(config), standardized: [], together: 8, clip: 1 },
    trains: () => true,
    optimizer: sgd({ momentum: 0.9, accumulator: 'float32' }),
    learningRate: () => learningRate,
  })
  await made.restore(
    new Map([...made.parameters].map(([name, { length }], i) => [name, gaussian(i, length, 0.05)])),
    0,
  )
  return made
}

const batch: Sample[] = Array.from({ length: 16 }, (_, i) => ({
  pixels: gaussian(i, 64 * 64 * 3, 1),
  targets: Float32Array.from({ length: 3 }, (_, label) => Number(label === i % 3)),
}))

const copyOf = ({ parameters }: Trainer) =>
  new Map([...parameters].map(([name, values]) => [name, values.slice()]))

test('a thread that dies during an update fails it, and nothing has changed', async () => {
  const whole = await trainer()
  const expected = [await whole.step(batch), await whole.step(batch)]
  whole.dispose()

  const hurt = await trainer()
  assert.equal(await hurt.step(batch), expected[0])
  const before = copyOf(hurt)
  await workersReady(1)
  const update = hurt.step(batch)
  const killed = [...workers]
  for (const worker of killed) worker.terminate()
  await rejects(update, WorkerError, /thread|worker/i)
  await gone(killed)
  assert.is(hurt.steps, 1)
  assert.equal(copyOf(hurt), before, 'the parameters are as before')

  // It computes no further with memory that a lost thread may write to, or it is as good as before.
  const again = await hurt.step(batch).catch((error) => error)
  if (again instanceof Error) assert.instance(again, WorkerError)
  else assert.equal(again, expected[1])

  const next = await trainer()
  await next.step(batch)
  assert.equal(copyOf(next), before, 'the same parameters')
  assert.equal(await next.step(batch), expected[1], 'training goes on from them')
  next.dispose()
  hurt.dispose()
})

test('an update that is stopped changes nothing, and the next is right', async () => {
  const whole = await trainer()
  const expected = [await whole.step(batch), await whole.step(batch)]
  const weights = copyOf(whole)
  whole.dispose()
  const stopped = await trainer()
  await stopped.step(batch)
  for (const delay of [0, 1, 3]) {
    const controller = new AbortController()
    const update = stopped.step(batch, { signal: controller.signal })
    if (delay === 0) controller.abort(new Error('stop'))
    else setTimeout(() => controller.abort(new Error('stop')), delay)
    await update.then(
      () => assert.unreachable('16 images of 64 px take longer'),
      ({ message }) => assert.is(message, 'stop'),
    )
    assert.is(stopped.steps, 1)
  }
  assert.equal(await stopped.step(batch), expected[1])
  assert.equal(copyOf(stopped), weights)
  stopped.dispose()
})

test('values that are not finite end training with the update and what to try', async () => {
  const diverging = await trainer(1e30)
  await diverging.step(batch)
  await rejects(diverging.step(batch), NumericError, /update 2 .*lower learning rate/)
  assert.is(diverging.steps, 1)
  await rejects(diverging.logits([batch[0]!.pixels]), NumericError, /not finite at update 1/)
  diverging.dispose()
})

test('a run that diverges leaves no state that is not finite, and earlier ones stay', async () => {
  await withFolder(await pictures(5), async (folder) => {
    const recipe = {
      totalSteps: 9,
      warmupSteps: 8,
      evalEvery: 0,
      checkpointEvery: 1,
      baseLr: 1e38,
      gradNormClip: 1e30,
    }
    const saved: number[] = []
    // The reference computes in float64, where nothing overflows.
    const load = { ...options.load, backend: 'wasm', threads: 1 } as const
    const training = train(checkpoint, folder, { ...options, ...recipe, load })
    const ended = (async () => {
      for await (const event of training) {
        if (event.type !== 'checkpoint') continue
        await bytesOf(event.state)
        saved.push(event.step)
      }
    })()
    await rejects(ended, NumericError, /not finite/)
    assert.ok(saved.length > 0 && saved.length < 9, `${saved}`)
  })
})

test('a run that was stopped goes on from its last state with the same bits', async () => {
  await withFolder(await pictures(6), async (folder) => {
    const recipe = { totalSteps: 8, checkpointEvery: 1, evalEvery: 3 }
    const whole = await run(folder, recipe)
    const controller = new AbortController()
    let state: Uint8Array | undefined
    const training = train(checkpoint, folder, {
      ...{ ...options, ...recipe, signal: controller.signal },
    })
    const ended = (async () => {
      for await (const event of training) {
        if (event.type === 'checkpoint') state = await bytesOf(event.state)
        // During the next update.
        if (event.type === 'step' && event.step === 4)
          setImmediate(() => controller.abort(new Error('stop')))
      }
    })()
    await ended.then(
      () => assert.unreachable('it was stopped'),
      ({ message }) => assert.is(message, 'stop'),
    )
    const resumed = await run(folder, { ...recipe, resume: state! })
    assert.equal(resumed.result.model, whole.result.model)
    for (const [step, loss] of losses(resumed.events)) {
      assert.is(loss, losses(whole.events).get(step))
    }
  })
})

test.run()
