import { test } from 'uvu'
import { createTfjsBackend } from '../../../src/backends/tfjs/tfjs.ts'
import { compareRelative, rows } from '../../goldens/relatives.ts'
import { sharedTest } from '../../shared.ts'

// The relatives of the ViT against what timm and transformers compute in float64.
for (const row of rows) {
  sharedTest(`${row.golden} ${row.name} on TensorFlow.js, wasm`, async () =>
    compareRelative(await createTfjsBackend({ use: 'wasm' }), row, 5e-5),
  )
}

test.run()
