/**
 * How much faster images are when tokens are merged, against none merged, in turns in one process; random weights.
 *
 *     node --import tsx bench/scripts/merging.ts [variant] [seconds for each]
 */
import { cpus } from 'node:os'
import type { Dtype } from '../../src/backends/backend.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import { encoderTokens } from '../../src/families/vit/tokens.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { mergeTokens } from '../../src/model/token-merging.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import { gaussian, writeRandomWeights } from '../../test/random.ts'

const [variant = 'ViT-B_16', seconds = '10'] = process.argv.slice(2)
const merges = [0, 4, 8, 12, 16]
const config = variantConfig(variant, { gelu: 'erf' })
const own = vitProgram(config)
const pixels = gaussian(1, config.imageSize[0] * config.imageSize[1] * 3)
console.log(`${variant}, ${cpus()[0]!.model}, Node ${process.version}, one thread`)

for (const dtype of ['f32', 'int16', 'int8'] satisfies Dtype[]) {
  const backend = await createWasmBackend({ dtype, threads: 1 })
  const model = backend.createModel(own.weights)
  writeRandomWeights(model, own.weights)
  const runs = merges.map((merge) => {
    const { merged } = mergeTokens(own, encoderTokens(config), merge)
    return model.compile(withoutUnusedRows(withOutputs(merged, ['logits'])))
  })
  for (const run of runs) for (let i = 0; i < 3; i++) await run.run({ pixels })
  const times = merges.map((): number[] => [])
  const end = performance.now() + Number(seconds) * 1000 * merges.length
  while (performance.now() < end) {
    for (const [i, run] of runs.entries()) {
      const start = performance.now()
      await run.run({ pixels })
      times[i]!.push(performance.now() - start)
    }
  }
  const ratios = times.map((of) => quartiles(of.map((ms, i) => times[0]![i]! / ms)))
  for (const [i, merge] of merges.entries()) {
    const [low, middle, high] = ratios[i]!
    const ms = quartiles(times[i]!)[1]!.toFixed(1)
    console.log(
      `${dtype} r = ${merge}: ${ms} ms, ${middle!.toFixed(2)} x [${low!.toFixed(2)} to ${high!.toFixed(2)}]`,
    )
  }
  model.dispose()
}

function quartiles(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  return [0.25, 0.5, 0.75].map((at) => sorted[Math.floor(at * (sorted.length - 1))]!)
}
