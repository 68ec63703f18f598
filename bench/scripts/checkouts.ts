/**
 * Compares the WebAssembly backends of two checkouts or more, in turns in one process: what a change to the kernels is
 * worth on this machine. All compute the same pixels with the same random weights. Each checkout needs its dependencies
 * and a build.
 *
 *     node --import tsx bench/scripts/checkouts.ts BEFORE AFTER … [--models ViT-Ti_16,ViT-B_16] [--dtypes f32,int16,int8]
 *         [--rounds 20] [--narrow] [--steps]
 *
 * `--narrow` turns 256 bits off. `--steps` also prints the time of each kind of step.
 */
import { cpus } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { Dtype, Executable, Inputs } from '../../src/backends/backend.ts'

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string', default: 'ViT-Ti_16,ViT-B_16' },
    dtypes: { type: 'string', default: 'f32,int16,int8' },
    rounds: { type: 'string', default: '20' },
    narrow: { type: 'boolean', default: false },
    steps: { type: 'boolean', default: false },
  },
})
if (positionals.length < 2) throw new Error('Name two checkouts.')

/** A model in one of the checkouts. */
class Contender {
  readonly name: string
  readonly #executable: Executable
  readonly #inputs: Inputs
  readonly dispose: () => void
  readonly times: number[] = []
  readonly steps = new Map<string, number[]>()
  output = new Float32Array()

  private constructor(name: string, executable: Executable, inputs: Inputs, dispose: () => void) {
    this.name = name
    this.#executable = executable
    this.#inputs = inputs
    this.dispose = dispose
  }

  static async open(checkout: string, variant: string, dtype: Dtype): Promise<Contender> {
    const from = <T>(path: string): Promise<T> =>
      import(pathToFileURL(join(resolve(checkout), path)).href)
    const [{ createWasmBackend }, { vitProgram }, { variantConfig }, outputs, rows, random] =
      await Promise.all([
        from<typeof import('../../src/backends/wasm/wasm.ts')>('src/backends/wasm/wasm.ts'),
        from<typeof import('../../src/families/vit/program.ts')>('src/families/vit/program.ts'),
        from<typeof import('../../src/families/vit/variants.ts')>('src/families/vit/variants.ts'),
        from<typeof import('../../src/program/passes/outputs.ts')>('src/program/passes/outputs.ts'),
        from<typeof import('../../src/program/passes/rows.ts')>('src/program/passes/rows.ts'),
        from<typeof import('../../test/random.ts')>('test/random.ts'),
      ])
    const wide = flags.narrow ? { wide: false } : {}
    const backend = await createWasmBackend({ dtype, threads: 1, ...wide })
    const config = variantConfig(variant)
    const program = vitProgram(config)
    const model = backend.createModel(program.weights)
    random.writeRandomWeights(model, program.weights)
    const run = rows.withoutUnusedRows(outputs.withOutputs(program, ['logits']))
    const pixels = random.gaussian(1, config.imageSize[0] * config.imageSize[1] * 3)
    const name = `${basename(resolve(checkout))}, ${backend.description.split(':')[0]}`
    return new Contender(name, model.compile(run), { pixels }, () => model.dispose())
  }

  async run(counted: boolean): Promise<void> {
    const steps = new Map<string, number>()
    const onStep = (label: string, ms: number) => {
      const kind = label.replace(/\S+\.\d+\./, '')
      steps.set(kind, (steps.get(kind) ?? 0) + ms)
    }
    const start = performance.now()
    const outputs = await this.#executable.run(this.#inputs, flags.steps ? { onStep } : {})
    const time = performance.now() - start
    this.output = outputs.logits as Float32Array<ArrayBuffer>
    if (!counted) return
    this.times.push(time)
    for (const [kind, ms] of steps) this.steps.set(kind, [...(this.steps.get(kind) ?? []), ms])
  }
}

console.log(`${cpus()[0]!.model}, Node ${process.version}, one thread`)
for (const variant of flags.models.split(',')) {
  for (const dtype of flags.dtypes.split(',') as Dtype[]) await compare(variant, dtype)
}
process.exit()

async function compare(variant: string, dtype: Dtype): Promise<void> {
  const all: Contender[] = []
  for (const checkout of positionals) all.push(await Contender.open(checkout, variant, dtype))
  const first = all[0]!
  for (let i = 0; i < 4; i++) for (const one of all) await one.run(false)
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (let i = 0; i < all.length; i++) await all[(i + round) % all.length]!.run(true)
  }
  console.log(`\n${variant}, ${dtype}`)
  for (const one of all) {
    const ratios = one.times.map((time, i) => time / first.times[i]!)
    const [low, middle, high] = [0.25, 0.5, 0.75].map((at) => quantile(ratios, at).toFixed(3))
    const [median, least] = [0.5, 0].map((at) => quantile(one.times, at).toFixed(1))
    const same = one.output.every((value, i) => value === first.output[i])
    const bits = one === first ? '' : same ? ', the same bits' : ', other bits'
    console.log(
      `  ${one.name}: ${median} ms [${least}], ratio ${middle} [${low} to ${high}]${bits}`,
    )
  }
  for (const kind of first.steps.keys()) {
    const cells = all.map(({ steps }) =>
      quantile(steps.get(kind) ?? [], 0.5)
        .toFixed(2)
        .padStart(8),
    )
    console.log(`    ${cells.join(' ')}  ${kind}`)
  }
  for (const one of all) one.dispose()
}

function quantile(values: readonly number[], at: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(at * (values.length - 1))] ?? Number.NaN
}
