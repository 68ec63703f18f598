import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { arch, cpus, platform, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ArgumentError, VitrineError } from '../src/errors.ts'
import { matrixFlops } from '../src/program/work.ts'
import { compare, type Outcome, type Settings } from './lib/compare.ts'
import { installedFile } from './lib/installed.ts'
import { jobProgram } from './lib/job.ts'
import { table } from './lib/table.ts'
import { peers } from './peers/registry.ts'

const help = `Whole forward passes of ViTs, this project beside its peers, in turn on one machine.

  node --import tsx bench/forward.ts [options]

  --models NAMES     ViT-Ti_16,ViT-S_16,ViT-B_32,ViT-B_16
  --backends NAMES   of ${Object.keys(peers).join(', ')}
  --baseline NAME    what the ratios are taken against; the first backend unless told
  --rounds N         turns of each engine, 5 unless told
  --runs N           counted runs in each turn, 8 unless told
  --threads N        1 unless told
  --graph WHICH      what the peers are given: full (as exporters write it, the default), or pruned
                     (one row of the last block, as this project prunes by itself)
  --wasm-wide off    no 256-bit kernels in this project's backend
  --node WHICH       the Node binary of the engines: a path, or 22, 24, 26 of bench/peers
  --warm SECONDS     shortest warm-up of each engine, 2 unless told
  --timeout SECONDS  how long any one answer may take, 600 unless told
  --json FILE        every single time, with the machine and the versions
`

const defaults = {
  models: 'ViT-B_16',
  backends: 'wasm,litert-wide,litert,onnxruntime-web,onnxruntime-node',
  rounds: '5',
  runs: '8',
  threads: '1',
  graph: 'full',
  'wasm-wide': 'on',
  node: process.execPath,
  warm: '2',
  timeout: '600',
} as const

type Options = Record<keyof typeof defaults | 'baseline' | 'json', { type: 'string' }> & {
  help: { type: 'boolean' }
}

try {
  await main()
} catch (error) {
  if (!(error instanceof VitrineError) && !(error instanceof TypeError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const names = [...Object.keys(defaults), 'baseline', 'json']
  const strings = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  const { values } = parseArgs({ options: { ...strings, help: { type: 'boolean' } } as Options })
  if (values.help) {
    console.log(help)
    return
  }
  const text = (name: keyof typeof defaults) => values[name] ?? defaults[name]

  const models = text('models').split(',')
  const settings: Settings = {
    node: nodeBinary(text('node')),
    peers: text('backends').split(',').map(known),
    rounds: count('rounds', text('rounds')),
    runs: count('runs', text('runs')),
    threads: count('threads', text('threads')),
    wide: choice('wasm-wide', text('wasm-wide'), ['on', 'off']) === 'on',
    graph: choice('graph', text('graph'), ['full', 'pruned']),
    warmSeconds: count('warm', text('warm')),
    bound: 1e-4,
    timeout: 1000 * count('timeout', text('timeout')),
  }
  const baseline = known(values.baseline ?? settings.peers[0]!)
  // A wrong name is told before the first measurement, not after it.
  const work = new Map(models.map((name) => [name, matrixFlops(jobProgram(name, 'full'))]))
  const machine = describeMachine(settings.node)
  console.log(`${machine.cpu}, ${machine.cores} cores; Node ${machine.node}, V8 ${machine.v8}`)
  console.log(
    `${settings.rounds} rounds of ${settings.runs} runs, threads: ${settings.threads}, graph for the peers: ${settings.graph}`,
  )

  const workspace = mkdtempSync(join(tmpdir(), 'vitrine-bench-'))
  process.once('exit', () => rmSync(workspace, { recursive: true, force: true, maxRetries: 5 }))
  // Not once: a second signal during the removal must not end it.
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))

  const results: Record<string, Outcome[]> = {}
  for (const [model, products] of work) {
    const outcomes = await compare(model, workspace, settings, progress)
    progress('')
    results[model] = outcomes
    console.log(`\n${model}, ${(1e-9 * products).toFixed(1)} GFLOP, times in ms, memory in MB`)
    console.log(table(outcomes, baseline, products))
  }
  if (values.json !== undefined) {
    const date = new Date().toISOString()
    const { node: _, timeout: __, ...shown } = settings
    const report = { date, machine, settings: { ...shown, baseline }, results }
    await writeFile(values.json, `${JSON.stringify(report, null, 1)}\n`)
  }
  if (Object.values(results).some((all) => all.every((one) => 'failed' in one))) {
    process.exitCode = 1
  }
}

function known(name: string): string {
  if (Object.hasOwn(peers, name)) return name
  throw new ArgumentError(`There is no ${name}; there are ${Object.keys(peers).join(', ')}.`)
}

function count(option: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new ArgumentError(`--${option} must be a whole number from 1, not ${text}.`)
}

function choice<T extends string>(option: string, text: string, allowed: readonly T[]): T {
  if (allowed.includes(text as T)) return text as T
  throw new ArgumentError(`--${option} must be one of ${allowed.join(', ')}, not ${text}.`)
}

function nodeBinary(which: string): string {
  const path = /^\d+$/.test(which) ? fileURLToPath(installedFile(`node${which}/bin/node`)) : which
  if (existsSync(path)) return path
  throw new ArgumentError(
    `There is no Node at ${path}. \`npm run bench:setup\` installs 22, 24, 26.`,
  )
}

function describeMachine(node: string) {
  const script = 'JSON.stringify([process.versions.node, process.versions.v8])'
  const [version, v8] = JSON.parse(
    execFileSync(node, ['--print', script], { encoding: 'utf8' }),
  ) as [string, string]
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${platform()} ${arch()} ${release()}`,
    node: version,
    v8,
  }
}

/** One line that overwrites itself, on terminals only: what a file keeps are the results. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
}
