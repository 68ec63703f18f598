import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { platform } from '#platform'
import { Control, Opcode, PackField } from '../../../../assembly/tape.ts'
import { compileBuild } from '../../../../src/backends/wasm/builds/kernels.ts'
import { PAGE } from '../../../../src/backends/wasm/memory/layout.ts'
import type { Command, Report } from '../../../../src/backends/wasm/threads/protocol.ts'
import { random } from '../../../random.ts'
import { runnable } from '../builds/runnable.ts'

const ROUNDS = 1500

// The memory grows for a second run while it is being sent to a thread.
test('a thread sees all of a memory that grows while it is being sent', async () => {
  const module = await compileBuild(runnable.at(-1)!, { shared: true })
  let hear = (_: Report | string) => {}
  const next = () =>
    new Promise<Report | string>((resolve) => {
      hear = resolve
    })
  const ready = next()
  const worker = platform.threads.start({
    message: (data) => hear(data as Report),
    ended: (reason) => hear(reason),
  })
  worker.keepAlive(true)
  const post = (command: Command) => worker.post(command)
  assert.equal(await ready, { type: 'ready' })
  const below = random(1)
  for (let model = 1; model <= ROUNDS; model++) {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true })
    post({ type: 'load', model, module, memory })
    const start = performance.now()
    const delay = below() * 0.15
    while (performance.now() - start < delay);
    // A tape and a control block at the very end.
    const end = (memory.grow(14) + 14) * PAGE
    const control = end - Control.Words * 4
    const words = 1 + PackField.Quantization + 1
    const tape = control - words * 4
    // The address of a record with no rows to pack, and the record.
    new Uint32Array(memory.buffer, tape, words).set([tape + 4, Opcode.Pack])
    const answer = next()
    const args = [tape, 0, 1, control, 0, 0, 1] as const
    post({ type: 'run', segment: model, model, args, joining: 0, timed: false })
    assert.equal(
      await answer,
      { type: 'done', segment: model, end: 1, times: undefined },
      `${model}`,
    )
    post({ type: 'unload', model })
  }
  const over = next()
  worker.terminate()
  assert.is(await over, 'it was terminated')
})

test.run()
