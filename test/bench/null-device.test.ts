import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { vitProgram } from '../../src/families/vit/program.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { parameterCount } from '../../src/program/passes/work.ts'

test('what a forward costs without a GPU: dispatches, bytes, CPU time', () => {
  const args = ['--import', 'tsx', 'bench/scripts/gpu.ts', '--null-device', 'ViT-Ti_16']
  // A process of its own: TensorFlow.js needs one that looks like a page.
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    env: { ...process.env, VITRINE_QUICK: '' },
    timeout: 100_000,
  })
  assert.is(status, 0, stderr.toString())
  const numbersOf = (engine: string) => {
    const line = stdout
      .toString()
      .split('\n')
      .find((line) => line.startsWith(engine))
    const [time, least, ...counts] = line!
      .slice(engine.length)
      .match(/[\d.]+/g)!
      .map(Number)
    assert.ok(time! > 0 && least! > 0)
    return counts
  }
  const weights = 4 * parameterCount(vitProgram(variantConfig('ViT-Ti_16')))
  const megabytes = (bytes: number) => Math.round(bytes / 1e6)
  const [own, half] = [numbersOf('own kernels, f32'), numbersOf('own kernels, f16')]
  // Seven dispatches a block, and six around them; one submit, nothing made.
  for (const [dispatches, ...rest] of [own, half]) {
    assert.is(dispatches, 12 * 7 + 6)
    assert.equal(rest.slice(0, 3), [1, 0, 0])
  }
  assert.is(own[4], megabytes(weights))
  assert.ok(half[4]! < own[4]! && half[5]! < own[5]!)
  const [dispatches, submits, groups, , read, moved] = numbersOf('TensorFlow.js, plain operations')
  assert.is(read, megabytes(weights))
  assert.ok(moved! > own[5]!)
  // A bind group for each dispatch, of which it submits fifteen at once.
  assert.is(groups, dispatches)
  assert.ok(dispatches! > 12 * 7 + 6 && submits! >= dispatches! / 15)
})

test.run()
