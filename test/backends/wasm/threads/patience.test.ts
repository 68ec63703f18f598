import { setImmediate } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Control } from '../../../../assembly/tape.ts'
import { join, waitForJoined } from '../../../../src/backends/wasm/threads/control.ts'
import { afterPatience, CHECKS } from '../../../../src/backends/wasm/threads/patience.ts'

const control = () => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })

/** A process that is stopped whenever it waits, for longer than any patience. */
function whileStopped(run: () => void): number {
  const { wait } = Atomics
  const { now } = performance
  let [clock, waits] = [0, 0]
  Atomics.wait = () => {
    clock += 1e6
    waits++
    return 'timed-out'
  }
  performance.now = () => clock
  try {
    run()
  } finally {
    Atomics.wait = wait
    performance.now = now
  }
  return waits
}

test('time in which the process was stopped is no reason to give up', async () => {
  const waits = whileStopped(() => assert.is(waitForJoined(control(), 0, 1, 1000), false))
  assert.is(waits, CHECKS)

  let over = false
  const ended = new Promise<void>((resolve) => {
    afterPatience(20, () => {
      over = true
      resolve()
    })
  })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  for (let turn = 0; turn < 2; turn++) await setImmediate()
  assert.is(over, false)
  await ended
})

test('a cancelled action does not run', async () => {
  let calls = 0
  afterPatience(10, () => calls++)()
  await new Promise<void>((resolve) => void afterPatience(20, resolve))
  assert.is(calls, 0)
})

test('threads start together or not at all', () => {
  const memory = control()
  const joined = new Int32Array(memory.buffer, 0, Control.Words)
  assert.is(join(memory, 0, 1), true)
  assert.is(waitForJoined(memory, 0, 1, 1000), true)
  joined.fill(0)
  assert.is(waitForJoined(memory, 0, 2, 10), false)
  assert.is(join(memory, 0, 2), false)
  assert.is(join(memory, 0, 2), false)
})

test.run()
