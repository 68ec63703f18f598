import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseLines, run } from '../run.ts'

test('doctor: machine, engine, kernels and their speed', async () => {
  const { code, stdout } = await run(['doctor', '--json'], { env: { VITRINE_WIDE: '0' } })
  assert.is(code, 0)
  const [{ runtime, webassembly, kernels, machine }] = parseLines(stdout)
  assert.is(runtime.version, process.versions.node)
  assert.is(webassembly.simd, true)
  assert.match(kernels.build, /^(simd|relaxed)(8|16)$/)
  assert.ok(kernels.speed.gflops > 0)
  assert.ok(machine.memory > machine.freeMemory)
})

test.run()
