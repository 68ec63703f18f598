import { test } from 'uvu'
import { createTfjsBackend } from '../../../src/backends/tfjs/tfjs.ts'
import { compareNetworks } from '../../goldens/networks.ts'
import { compareWithGolden } from '../../goldens/photograph.ts'
import { sharedTest } from '../../shared.ts'

// Real weights and a real photograph against float64.
for (const [use, gelu] of [
  ['wasm', 'erf'],
  ['wasm', 'tanh'],
  ['cpu', 'tanh'],
] as const) {
  sharedTest(`Ti/16 on TensorFlow.js, ${use}, ${gelu}`, async () => {
    await compareWithGolden(await createTfjsBackend({ use }), gelu, 1e-3)
  })
}

test('hybrids and Mixers on TensorFlow.js, wasm', async () =>
  compareNetworks(await createTfjsBackend({ use: 'wasm' })))

test.run()
