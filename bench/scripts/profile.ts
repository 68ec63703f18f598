/**
 * Where the time of a forward pass goes: per kind of step, the sum over the model of each step's
 * median. With several threads, each step with the barrier behind it.
 *
 *     node --import tsx bench/scripts/profile.ts [ViT-B_16] [--dtype int8] [--threads 2] [--kernels relaxed8] [--no-wide]
 */
import { parseArgs } from 'node:util'
import type { Dtype } from '../../src/backends/backend.ts'
import { onlyInput } from '../../src/backends/inputs.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { wholeRegion } from '../../src/backends/weights.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import { randomValues, randomWeights } from '../cases/random.ts'
import { median } from '../report/statistics.ts'

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    dtype: { type: 'string', default: 'f32' },
    threads: { type: 'string', default: '1' },
    kernels: { type: 'string' },
    'no-wide': { type: 'boolean', default: false },
  },
})
const [variant = 'ViT-B_16'] = positionals
const config = variantConfig(variant)
const backend = await createWasmBackend({
  dtype: flags.dtype as Dtype,
  kernels: flags.kernels as 'relaxed8' | undefined,
  wide: flags['no-wide'] ? false : undefined,
  threads: Number(flags.threads),
  blocking: Number(flags.threads) > 1,
})
const full = vitProgram(config)
const program = withoutUnusedRows(withOutputs(full, ['logits']))
const model = backend.createModel(full.weights)
const values = randomWeights(full.weights)
const start = performance.now()
for (const { name, shape } of full.weights) {
  model.write(name, wholeRegion(shape), 0, values.get(name)!)
}
const stored = performance.now() - start
const executable = model.compile(program)
const input = onlyInput(program)
const [rows, columns] = program.values[input.id]!.shape
const inputs = { [input.name]: randomValues(rows * columns, input.name) }

/** Runs before those that are counted. */
const WARM_UP = 3
const runs = variant.includes('Ti') ? 30 : 10
const times = new Map<string, number[]>()
let least = Number.POSITIVE_INFINITY
for (let run = 0; run < WARM_UP + runs; run++) {
  const begin = performance.now()
  await executable.run(inputs, {
    onStep(label, milliseconds) {
      if (run >= WARM_UP) times.set(label, [...(times.get(label) ?? []), milliseconds])
    },
  })
  least = Math.min(least, performance.now() - begin)
}

const kinds = new Map<string, number>()
for (const [label, steps] of times) {
  const kind = label.replace(/blocks\.\d+\./, '')
  kinds.set(kind, (kinds.get(kind) ?? 0) + median(steps))
}
const total = [...kinds.values()].reduce((a, b) => a + b, 0)
console.log(`${variant} on ${process.version}, ${flags.threads} threads, ${backend.description}`)
for (const [kind, time] of [...kinds].sort((a, b) => b[1] - a[1])) {
  console.log(
    `${time.toFixed(2).padStart(9)} ms ${((100 * time) / total).toFixed(1).padStart(5)} %  ${kind}`,
  )
}
console.log(
  `${total.toFixed(2).padStart(9)} ms in all; the fastest run took ${least.toFixed(2)} ms, storing the weights ${stored.toFixed(0)} ms`,
)
