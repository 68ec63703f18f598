import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { builds } from '../../src/backends/wasm/builds/builds.ts'
import { engineFeatures, requireFeatures } from '../../src/backends/wasm/builds/features.ts'
import { UnsupportedError } from '../../src/errors.ts'

// On Node 20 other tests in this process may have turned relaxed SIMD on, of which the dot product is wrong.
const { relaxed, dot } = engineFeatures()
const isLinux = process.platform === 'linux' && process.arch === 'x64'
const hasDots = isLinux && /^flags.* avx_vnni( |$)/m.test(readFileSync('/proc/cpuinfo', 'utf8'))

if (isLinux && relaxed && dot !== 'wrong') {
  test('the answer of the dot product tells whether the processor has an instruction for it', () => {
    assert.is(dot, hasDots ? 'native' : 'emulated')
  })
} else {
  test.skip('the dot product: needs Linux on x64, and relaxed SIMD')
}

test('builds that the engine does not run are refused', () => {
  for (const build of builds) {
    const runs = !build.relaxed || (relaxed && !(dot === 'wrong' && build.name.startsWith('dot')))
    if (runs) assert.not.throws(() => requireFeatures(build))
    else
      assert.throws(
        () => requireFeatures(build),
        (e: Error) => e instanceof UnsupportedError,
      )
  }
})

test.run()
