import { setImmediate } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { onAbort } from '../src/abort.ts'
import { load } from '../src/index.ts'

test('every action of a signal runs once, unless it was taken back', () => {
  const controller = new AbortController()
  const told: string[] = []
  onAbort(controller.signal, () => told.push('first'))
  const leave = onAbort(controller.signal, () => told.push('left before'))
  const other: () => void = onAbort(controller.signal, () => told.push('left by another'))
  leave()
  leave()
  onAbort(controller.signal, () => other())
  controller.abort()
  assert.equal(told, ['first', 'left by another'])

  const again = new AbortController()
  onAbort(again.signal, () => told.push('taken back'))()
  onAbort(again.signal, () => told.push('added later'))
  again.abort()
  assert.equal(told.slice(2), ['added later'])
})

test('one signal for many calls at once brings no warning', async () => {
  const warnings: string[] = []
  const hear = ({ message }: Error) => void warnings.push(message)
  process.on('warning', hear)
  for (const threads of [1, 2]) {
    const vit = await load(undefined, { threads, wide: false })
    const controller = new AbortController()
    const { signal } = controller
    const pixels = new Float32Array(224 * 224 * 3)
    const calls = Array.from({ length: 30 }, () =>
      vit.logits(pixels, { signal }).catch((e) => e.name),
    )
    controller.abort()
    assert.equal(await Promise.all(calls), new Array(30).fill('AbortError'))
    vit.dispose()
  }
  await setImmediate()
  process.off('warning', hear)
  assert.equal(warnings, [])
})

test.run()
