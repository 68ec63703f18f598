/**
 * How fast engines train: a step of SGD with momentum (f32, gradients clipped) over all weights of a ViT, on one batch of
 * pictures of 224 px. Every engine has a process of its own; all are started alike, one computes at a time, and rounds are
 * interleaved. The first steps are not counted.
 *
 *     node --import tsx bench/scripts/train.ts [ViT-Ti_16 …] [--batch 8] [--threads 1,2] [--rounds 7] [--node PATH]
 *         [--engines vitrine,torch,tfjs-wasm,jax] [--python PATH] [--prefix 'chrt -f 1'] [--json FILE]
 *
 * The Python of `--python` or VITRINE_BENCH_PYTHON needs torch and timm. `tfjs-wasm` and `jax` are those that
 * `vitrine bench --with` installs. An engine that is missing is left out, with the reason.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeHardware } from '../drive/machine.ts'
import { locate } from '../install/packages.ts'
import type { Task } from '../train/serve.ts'

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    batch: { type: 'string', default: '8' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '7' },
    node: { type: 'string', default: process.execPath },
    engines: { type: 'string', default: 'vitrine,torch,tfjs-wasm,jax' },
    python: { type: 'string', default: process.env.VITRINE_BENCH_PYTHON ?? 'python3' },
    prefix: { type: 'string', default: '' },
    json: { type: 'string' },
  },
})
const variants = positionals.length > 0 ? positionals : ['ViT-Ti_16', 'ViT-S_16', 'ViT-B_16']
const batch = Number(flags.batch)

/** What is not counted: compilers and memory settle. */
const WARM_UP = 2
/** A step that takes longer is measured fewer times: each of them is long. */
const LONG = 20_000

const files = {
  vitrine: 'vitrine.ts',
  torch: 'with_torch.py',
  'tfjs-wasm': 'tfjs.ts',
  jax: 'jax.ts',
} as const
type Name = keyof typeof files
const oneThread = new Set<Name>(['tfjs-wasm', 'jax'])

interface Answer {
  readonly description?: string
  readonly loss: number
  readonly milliseconds: number
  readonly peak: number
}

/** An engine's process. */
class Engine {
  readonly name: Name
  readonly times: number[] = []
  readonly losses: number[] = []
  peak = 0
  description = ''
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #reader: Interface
  #errors = ''

  constructor(name: Name, task: Omit<Task, 'packages'>) {
    this.name = name
    const packages =
      name === 'tfjs-wasm' || name === 'jax'
        ? locate({ peer: name } as Parameters<typeof locate>[0]).packages
        : ''
    const file = fileURLToPath(new URL(`../train/${files[name]}`, import.meta.url))
    const run = name === 'torch' ? [flags.python] : [flags.node, '--import', 'tsx']
    const [command, ...rest] = [...flags.prefix.split(' ').filter(Boolean), ...run, file]
    this.#child = spawn(command!, [...rest, JSON.stringify({ ...task, packages })])
    this.#child.stderr!.on('data', (text) => {
      this.#errors += text
    })
    this.#child.once('error', ({ message }) => {
      this.#errors += message
    })
    // A process that has ended reads nothing.
    this.#child.stdin!.on('error', () => {})
    this.#reader = createInterface({ input: this.#child.stdout! })
    this.#lines = this.#reader[Symbol.asyncIterator]()
  }

  /** @throws Error with what the process said last where it ended */
  async #answer(): Promise<Answer> {
    const { value, done } = await this.#lines.next()
    if (!done && value.startsWith('{')) return JSON.parse(value)
    if (!done) return this.#answer()
    const said = this.#errors.trim().split('\n')
    const reason = said.findLast((line) => /Error|ENOENT/.test(line)) ?? said.at(-1)
    throw new Error(reason || 'the process ended')
  }

  async start(): Promise<void> {
    this.description = (await this.#answer()).description!
    for (let i = 0; i < WARM_UP; i++) await this.step()
    // What takes long is measured without a warm-up.
    if (this.times[0]! < LONG) this.times.splice(0)
  }

  async step(): Promise<void> {
    if (this.times.length > 0 && this.times[0]! >= LONG) return
    this.#child.stdin!.write('\n')
    const { milliseconds, loss, peak } = await this.#answer()
    this.times.push(milliseconds)
    this.losses.push(loss)
    this.peak = peak
  }

  end(): void {
    this.#reader.close()
    this.#child.kill('SIGKILL')
  }
}

const median = (values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}

const { cpu, cores } = describeHardware()
console.log(`${cpu}, ${cores} cores; batch ${batch}, 224 px, f32, all weights, SGD with momentum`)
const results: object[] = []
for (const variant of variants) {
  for (const threads of flags.threads.split(',').map(Number)) {
    const engines: Engine[] = []
    console.log(`\n${variant}, threads ${threads}`)
    for (const name of flags.engines.split(',') as Name[]) {
      if (threads > 1 && oneThread.has(name)) continue
      let engine: Engine | undefined
      try {
        engine = new Engine(name, { variant, threads, batch })
        await engine.start()
        engines.push(engine)
      } catch (error) {
        engine?.end()
        console.log(`  ${name}: left out: ${(error as Error).message}`)
        results.push({ variant, threads, engine: name, leftOut: (error as Error).message })
      }
    }
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const engine of engines) await engine.step()
    }
    const own = engines.find(({ name }) => name === 'vitrine')
    for (const { name, times, losses, peak, description } of engines) {
      const middle = median(times)
      const [least, most] = [Math.min(...times), Math.max(...times)]
      // The same batch again and again: what learns gets better at it.
      const learns = losses.length < 2 || losses.at(-1)! < losses[0]!
      // Rounds are compared one by one, since a busy machine is slow for both.
      const ratio =
        own && own.times.length === times.length
          ? median(times.map((time, i) => own.times[i]! / time))
          : own && median(own.times) / middle
      const columns = [
        name.padEnd(10),
        `${middle.toFixed(0)} ms [${least.toFixed(0)} to ${most.toFixed(0)}, ${times.length}]`,
        `${((1000 * batch) / middle).toFixed(2)} images/s`,
        `peak ${(peak / 1e6).toFixed(0)} MB`,
        ratio ? `vitrine takes ${ratio.toFixed(3)} of its time` : '',
        learns ? '' : 'DOES NOT LEARN',
        description,
      ]
      console.log(`  ${columns.filter(Boolean).join(', ')}`)
      results.push({
        variant,
        threads,
        batch,
        engine: name,
        description,
        times,
        losses,
        peak,
        ratio,
      })
    }
    for (const engine of engines) engine.end()
  }
}
if (flags.json) {
  const when = new Date().toISOString().slice(0, 10)
  writeFileSync(flags.json, `${JSON.stringify({ cpu, cores, when, results }, undefined, 1)}\n`)
}
