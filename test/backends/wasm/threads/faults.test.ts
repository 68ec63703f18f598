import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { platform } from '#platform'
import { Opcode, WindowField } from '../../../../assembly/tape.ts'
import { scheduler } from '../../../../src/backends/wasm/threads/scheduler.ts'
import { vitProgram } from '../../../../src/families/vit/program.ts'
import { variantConfig } from '../../../../src/families/vit/variants.ts'
import { withOutputs } from '../../../../src/program/passes/outputs.ts'
import { runnable } from '../builds/runnable.ts'
import {
  gone,
  loadRandom,
  outcome,
  pause,
  sabotage,
  sleep,
  workers,
  workersReady,
} from './workers.ts'

const build = runnable.at(-1)!
const big = vitProgram(variantConfig('Ti_16'))
const small = withOutputs(
  vitProgram(variantConfig('Ti_16', { imageSize: [32, 32], depth: 1, classes: 3 })),
  ['logits'],
)

const { patience, joining } = scheduler

test.after.each(() => {
  sabotage.command = undefined
  Object.assign(scheduler, { patience, joining })
})

/** A big model and a small one with what they should answer, and workers that are at work. */
async function twoModels(threads: number) {
  const [one, two] = await Promise.all([
    loadRandom(build, big, { threads }),
    loadRandom(build, small, { threads }, 2),
  ])
  const expected = [
    await one.executable.run({ pixels: one.pixels }),
    await two.executable.run({ pixels: two.pixels }),
  ]
  await workersReady(threads)
  await Promise.all([
    one.executable.run({ pixels: one.pixels }),
    two.executable.run({ pixels: two.pixels }),
  ])
  return {
    one: () => one.executable.run({ pixels: one.pixels }),
    two: () => two.executable.run({ pixels: two.pixels }),
    oneUnless: (signal: AbortSignal) => one.executable.run({ pixels: one.pixels }, { signal }),
    async allIsWell() {
      assert.equal(await one.executable.run({ pixels: one.pixels }), expected[0])
      assert.equal(await two.executable.run({ pixels: two.pixels }), expected[1])
    },
    dispose() {
      one.model.dispose()
      two.model.dispose()
    },
  }
}

for (const threads of [2, 3]) {
  test(`${threads} threads: one that is killed fails its run only, and is replaced`, async () => {
    const models = await twoModels(threads)
    for (let victim = 0; victim < threads; victim++) {
      for (const delay of [0, 1, 5]) {
        const count = workers.length
        const running = outcome(models.one())
        const behind = outcome(models.two())
        await sleep(delay)
        const killed = workers[workers.length - 1 - victim]!
        killed.terminate()
        assert.ok(['WORKER', 'done'].includes(await running))
        assert.ok(['WORKER', 'done'].includes(await behind))
        await gone([killed])
        await models.allIsWell()
        await workersReady(count)
      }
    }
    models.dispose()
  })

  test(`${threads} threads: all of them killed at once, mid-run and idle`, async () => {
    const models = await twoModels(threads)
    for (const delay of [2, 100]) {
      await workersReady(threads)
      const runs = [outcome(models.one()), outcome(models.one())]
      await sleep(delay)
      const killed = [...workers]
      for (const worker of killed) worker.terminate()
      for (const found of await Promise.all(runs)) assert.ok(['WORKER', 'done'].includes(found))
      await gone(killed)
      await models.allIsWell()
    }
    models.dispose()
  })

  test(`${threads} threads: a trap in one fails the run, and the next is right`, async () => {
    const models = await twoModels(threads)
    for (let victim = 0; victim < threads; victim++) {
      sabotage.command = (command) => {
        const [, ...rest] = command.args
        return command.args[5] === victim ? { ...command, args: [0xffffff00, ...rest] } : command
      }
      const message = await models.one().then(
        () => 'done',
        ({ code, message }) => `${code}: ${message}`,
      )
      assert.match(message, /^WORKER: .*memory access out of bounds/)
      sabotage.command = undefined
      await models.allIsWell()
    }
    models.dispose()
  })
}

test('images side by side: a thread that traps fails only its own', async () => {
  const models = await twoModels(2)
  let count = 0
  sabotage.command = (command) => {
    const [, ...rest] = command.args
    return ++count === 2 ? { ...command, args: [0xffffff00, ...rest] } : command
  }
  const outcomes = await Promise.all([1, 2, 3, 4, 5, 6].map(() => outcome(models.one())))
  assert.equal(outcomes.filter((found) => found !== 'done').join(), 'WORKER')
  models.dispose()
})

test('a loop without end is cut by a timeout, and its threads are replaced', async () => {
  const models = await twoModels(2)
  scheduler.patience = 50
  sabotage.command = (command, memory) => {
    const [tape, from] = command.args
    const [address] = new Uint32Array(memory.buffer, tape + 4 * from, 1)
    const record = new Uint32Array(memory.buffer, address, WindowField.BeforeColumns + 1).fill(0)
    // A window of 2^60 positions without a channel.
    record[0] = Opcode.WindowPack
    for (const field of ['Rows', 'InputStride', 'OutputColumns'] as const)
      record[WindowField[field]] = 1
    for (const field of ['GridRows', 'GridColumns', 'SizeRows', 'SizeColumns'] as const) {
      record[WindowField[field]] = 2 ** 30
    }
    return command
  }
  const stuck = outcome(models.oneUnless(AbortSignal.timeout(20)))
  await sleep(10)
  sabotage.command = undefined
  assert.is(await stuck, 'TimeoutError')
  // The threads are still at it; others run where there is a thread, and when there is one again.
  await models.allIsWell()
  models.dispose()
})

test('the memory of a terminated thread that may still run is not reused', async () => {
  const { executable, pixels, model } = await loadRandom(build, big, { threads: 2 })
  const expected = await executable.run({ pixels })
  await workersReady(2)
  await executable.run({ pixels })
  const { endIsImmediate } = platform.threads
  const tapes: number[] = []
  sabotage.command = (command) => {
    tapes.push(command.args[0])
    return command
  }
  for (const certain of [false, true]) {
    Object.assign(platform.threads, { endIsImmediate: certain })
    tapes.length = 0
    const running = outcome(executable.run({ pixels }))
    while (tapes.length === 0) await undefined
    const killed = [workers[0]!]
    killed[0]!.terminate()
    assert.is(await running, 'WORKER')
    await gone(killed)
    await workersReady(2)
    const [lost] = tapes
    tapes.length = 0
    assert.equal(await executable.run({ pixels }), expected)
    assert.is(tapes.includes(lost!), certain)
  }
  Object.assign(platform.threads, { endIsImmediate })
  model.dispose()
})

test('a blocking caller does not wait for a lost thread', async () => {
  const { executable, pixels, model } = await loadRandom(build, big, { threads: 2, blocking: true })
  const expected = await executable.run({ pixels })
  await workersReady(1)
  await executable.run({ pixels })
  sabotage.command = (command) => ({
    ...command,
    args: [0xffffff00, ...command.args.slice(1)] as never,
  })
  assert.is(await outcome(executable.run({ pixels })), 'WORKER')
  sabotage.command = undefined
  assert.equal(await executable.run({ pixels }), expected)
  scheduler.joining = 300
  const killed = [...workers]
  for (const worker of killed) worker.terminate()
  assert.ok(['WORKER', 'done'].includes(await outcome(executable.run({ pixels }))))
  await gone(killed)
  assert.equal(await executable.run({ pixels }), expected)
  model.dispose()
})

test('a blocking caller waits for a late thread', async () => {
  const { executable, pixels, model } = await loadRandom(build, big, { threads: 3, blocking: true })
  const expected = await executable.run({ pixels })
  await workersReady(2)
  scheduler.joining = 20
  // All are late, or all but one.
  for (const first of [undefined, ...workers]) {
    const resumes = workers.filter((worker) => worker !== first).map(pause)
    let settled = false
    const running = executable.run({ pixels })
    running.finally(() => {
      settled = true
    })
    await sleep(0)
    assert.is(settled, false)
    for (const resume of resumes) resume()
    assert.equal(await running, expected)
  }
  model.dispose()
})

test.run()
