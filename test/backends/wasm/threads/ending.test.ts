import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { scheduler } from '../../../../src/backends/wasm/threads/scheduler.ts'
import { vitProgram } from '../../../../src/families/vit/program.ts'
import { variantConfig } from '../../../../src/families/vit/variants.ts'
import { runnable } from '../builds/runnable.ts'
import { gone, loadRandom, outcome, sabotage, workers, workersReady } from './workers.ts'

// In a process of its own, which has no other threads.
test('threads that stop while they are being ended are given no other run', async () => {
  const program = vitProgram(variantConfig('Ti_16'))
  const { executable, pixels, model } = await loadRandom(runnable.at(-1)!, program, { threads: 2 })
  const expected = await executable.run({ pixels })
  await workersReady(2)
  const killed = [...workers]
  const { patience } = scheduler
  scheduler.patience = 10
  const controller = new AbortController()
  let segment: number | undefined
  const begun = new Promise<void>((resolve) => {
    sabotage.command = (command) => {
      segment ??= command.segment
      if (command.args[5] === 1) resolve()
      return command
    }
  })
  // What they say of this run is heard when they are being ended, and before their end.
  sabotage.report = (report) =>
    report.type === 'done' && report.segment === segment ? 'kept' : 'heard'
  const stopped = outcome(executable.run({ pixels }, { signal: controller.signal }))
  await begun
  controller.abort()
  const next = [executable.run({ pixels }), executable.run({ pixels })]
  assert.is(await stopped, 'AbortError')
  assert.equal(await Promise.all(next), [expected, expected])
  await gone(killed)
  scheduler.patience = patience
  model.dispose()
})

test.run()
