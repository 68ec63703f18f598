import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseLines, run } from '../run.ts'

test('doctor: machine, engine, kernels and their speed', async () => {
  const { code, stdout } = await run(['doctor', '--json'], { env: { VITRINE_WIDE: '0' } })
  assert.is(code, 0)
  const [{ runtime, webassembly, kernels, machine, advice }] = parseLines(stdout)
  assert.is(runtime.version, process.versions.node)
  assert.is(webassembly.simd, true)
  assert.match(kernels.build, /^(simd|relaxed)(8|16)$/)
  assert.ok(kernels.speed.gflops > 0)
  assert.ok(machine.memory > machine.freeMemory)
  // The advice is chosen by the words of the reason.
  const expected = webassembly.relaxedSimd
    ? /^Unset VITRINE_WIDE/
    : /^This engine has no relaxed SIMD/
  assert.ok(
    advice.some((line: string) => expected.test(line)),
    advice.join('\n'),
  )
})

test.run()
