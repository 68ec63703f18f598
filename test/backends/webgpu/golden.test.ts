import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createWasmBackend } from '../../../src/backends/wasm/wasm.ts'
import { vitBlockProgram } from '../../../src/models/families/vit.ts'
import { variantConfig } from '../../../src/models/variants.ts'
import { ProgramBuilder } from '../../../src/program/builder.ts'
import { compareWithGolden } from '../../goldens/photograph.ts'
import { gaussian, writeRandomWeights } from '../../random.ts'
import { hasShared } from '../../shared.ts'
import { worst } from '../values.ts'
import { gpuTest, lavapipe } from './adapters.ts'

// Real weights and real photographs against float64; the widest blocks against the CPU's kernels.
const bounds = { f32: 1e-3, f16: 2e-2 } as const

const real = (options: typeof lavapipe) => (hasShared ? options : undefined)

for (const dtype of ['f32', 'f16'] as const) {
  for (const gelu of ['tanh', 'erf'] as const) {
    const options = real(lavapipe && { ...lavapipe, dtype })
    gpuTest(options, `Ti/16 on lavapipe, ${dtype}, ${gelu}`, (backend) =>
      compareWithGolden(backend, gelu, bounds[dtype], 2),
    )
  }
}

for (const [name, dtype, bound] of [
  ['L_16', 'f32', 1e-4],
  ['H_14', 'f16', 2e-2],
] as const) {
  const options = lavapipe && { ...lavapipe, dtype }
  gpuTest(options, `two blocks of ${name} at their full width, ${dtype}`, async (backend) => {
    const program = vitBlockProgram(variantConfig(name))
    const [rows, columns] = program.values[program.input]!.shape
    const tokens = gaussian(3, rows * columns)
    const results = []
    for (const one of [backend, await createWasmBackend()]) {
      const model = one.createModel(program.weights)
      writeRandomWeights(model, program.weights)
      const executable = model.compile(program)
      // The second block has the first one's weights.
      const { tokens: middle } = await executable.run(tokens)
      const { tokens: last } = await executable.run(middle!)
      results.push(last!)
      model.dispose()
    }
    assert.ok(worst(results[0]!, results[1]!) < bound, `${worst(results[0]!, results[1]!)}`)
  })
}

gpuTest(lavapipe, 'what no buffer can hold is refused, with its size', async (backend) => {
  const net = new ProgramBuilder([1 << 20, 3])
  const program = net.build({ out: net.rows('out', net.patchEmbed('patch', [1, 1], 128), 0, 1) })
  const model = backend.createModel(program.weights)
  const failed = await model
    .compile(program)
    .run(new Float32Array(3 << 20))
    .catch(({ code, message }) => `${code} ${message}`)
  assert.match(String(failed), /^LIMIT One image needs a buffer of \d+ bytes/)
})

test.run()
