import { test } from 'uvu'
import { compareRelative, rows } from '../../goldens/relatives.ts'
import { hasShared } from '../../shared.ts'
import { gpuTest, lavapipe } from './adapters.ts'

// The relatives of the ViT against what timm and transformers compute in float64. A driver in software compiles for
// seconds, so of the models that need the same kernels one is enough.
const some = /^(beitv2|pe_core|aimv2)$/
const wanted = process.env.VITRINE_TEST_ALL ? rows : rows.filter(({ name }) => some.test(name))

for (const row of wanted) {
  gpuTest(hasShared ? lavapipe : undefined, `${row.golden} ${row.name} on lavapipe`, (backend) =>
    compareRelative(backend, row, 5e-5),
  )
}

test.run()
