import { type Case, caseProgram } from '../../bench/cases/case.ts'
import { bounds } from '../../bench/drive/compare.ts'
import { engineId, nodeFlags, parseEngine } from '../../bench/engine/spec.ts'
import { peerRow } from '../../bench/peers/registry.ts'
import {
  type CaseReport,
  type Machine,
  type Outcome,
  REPORT_VERSION,
  type Report,
} from '../../bench/report/report.ts'
import { summarise, withRatios } from '../../bench/report/summary.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { matrixFlops, parameterCount } from '../../src/program/passes/work.ts'
import { random } from '../random.ts'

// A report in the form that a benchmark writes, with plausible numbers that were not measured.

const ROUNDS = 6

const ceilings: Machine['ceilings'] = {
  'f32 mul+add, 128 bits': 33.1,
  'f32 fma, 128 bits': 66.4,
  'f32 fma, 256 bits': 129.7,
}

/** Share of the ceiling that an engine reaches, and what it is slower by on its first run. */
const engines: Readonly<Record<string, { share: number; first: number; noise: number }>> = {
  wasm: { share: 0.72, first: 1.5, noise: 0.01 },
  'wasm:narrow': { share: 0.4, first: 1.3, noise: 0.008 },
  'ort-node': { share: 0.86, first: 1.2, noise: 0.015 },
  litert: { share: 0.31, first: 2.6, noise: 0.012 },
  'litert:wide': { share: 0.55, first: 3.1, noise: 0.02 },
  'litert:int8': { share: 0.47, first: 2.8, noise: 0.015 },
  'tfjs-wasm': { share: 0.11, first: 9, noise: 0.03 },
}

const config = variantConfig
const model = (name: string, threads: number): Case => ({
  level: 'model',
  name,
  config: config(name),
  batch: 1,
  threads,
})

const cases: readonly Case[] = [
  ...[1, 4].flatMap((threads) =>
    ['ViT-Ti_16', 'ViT-S_16', 'ViT-B_16'].map((name) => model(name, threads)),
  ),
  { ...model('ViT-Ti_16', 1), level: 'cold' },
  { ...model('ViT-B_16', 1), level: 'block', name: 'ViT-B_16 block' },
  { level: 'op', name: 'qkv', product: [197, 768, 2304], batch: 1, threads: 1 },
  { level: 'op', name: 'fc1', product: [197, 768, 3072], batch: 1, threads: 1 },
]

/** Three models and four engines in several forms, one missing, one wrong; the same each time. */
export function plausibleReport(): Report {
  return {
    format: 'vitrine-bench',
    version: REPORT_VERSION,
    date: '2025-11-02T09:41:00.000Z',
    seconds: 2172,
    interrupted: false,
    vitrine: '0.1.0',
    machine: {
      cpu: 'AMD Ryzen 7 7840U',
      cores: 8,
      memoryBytes: 32 * 2 ** 30,
      system: 'linux x64 6.8.0',
      runtime: { name: 'node', version: '24.3.0', v8: '13.6.233.10-node.18' },
      ceilings,
    },
    settings: {
      rounds: ROUNDS,
      turnSeconds: 0.6,
      warmSeconds: 2,
      graph: 'full',
      baseline: 'wasm',
      bounds,
    },
    cases: cases.map(caseReport),
  }
}

function caseReport(bench: Case, index: number): CaseReport {
  const next = random(index + 1)
  const program = caseProgram(bench, 'full')
  const flops = bench.batch * matrixFlops(program)
  // What slows the machine in a round slows all engines.
  const moods = Array.from({ length: ROUNDS }, () => 1 + 0.03 * next() ** 3)
  const outcomes = Object.keys(engines).map((name) => outcome(name, bench, flops, moods, next))
  return {
    bench,
    flops,
    parameters: parameterCount(program),
    outcomes: withRatios([...outcomes, ...others(bench)], 'wasm'),
    calibration: moods.map((mood) => outcomes.map(() => (1 - 0.02 * next()) / mood)),
    noisyRounds: index === 2 ? 1 : 0,
  }
}

function outcome(
  name: string,
  bench: Case,
  flops: number,
  moods: readonly number[],
  next: () => number,
): Outcome {
  const { share, first, noise } = engines[name]!
  const { level, threads } = bench
  const speed = 129.7 * threads ** 0.85 * share * (level === 'op' ? 1.15 : 1)
  const start = level === 'cold' ? 150 + 130 * first : 0
  const typical = start + flops / speed / 1e6 + 0.02
  const runs = level === 'cold' ? 1 : Math.min(1000, Math.max(2, Math.ceil(600 / typical)))
  const time = (mood: number) =>
    typical * mood * (1 + noise * next() + (next() > 0.97 ? 6 * noise * next() : 0))
  const wall = moods.map((mood) => Array.from({ length: runs }, () => time(mood)))
  const cpu = level === 'cold' ? [] : wall.map((round) => (round[0] ?? 0) * threads * 0.94)
  return {
    ...named(name),
    status: 'measured',
    description: name.startsWith('wasm') ? `f32_gemm_6x16_relaxed, ${threads} threads` : undefined,
    difference: name === 'wasm' ? 3.1e-7 : name.includes('int8') ? 0.031 : 4.6e-7,
    load: 40 + flops / 4e8,
    first: typical * first + 12,
    warmRuns: 24,
    wall,
    cpu: cpu.length === 0 ? undefined : cpu,
    peakBytes: 9e7 + 4.2 * parameterCount(caseProgram(bench, 'full')) * (1 + 0.4 * first),
    summary: summarise({ wall, cpu }, flops, bench, ceilings),
  }
}

function others({ level }: Case): Outcome[] {
  const missing = {
    status: 'missing',
    reason: 'ort-web is not installed: vitrine bench --with ort-web',
  } as const
  const wrong = {
    status: 'wrong',
    reason: 'computes something else: relative RMS 8.1e-1, at most 0.0001 is allowed',
  } as const
  const unsupported = { status: 'unsupported', reason: 'runs whole models only' } as const
  return [
    { ...named('ort-web'), version: undefined, ...missing },
    { ...named('jax'), ...wrong },
    ...(level === 'block' || level === 'op' ? [{ ...named('candle'), ...unsupported }] : []),
  ]
}

function named(name: string) {
  const engine = parseEngine(name)
  const { title, packages } = peerRow(engine.peer)
  return {
    engine: engineId(engine),
    title,
    version: Object.values(packages)[0] ?? '0.1.0',
    dtype: engine.dtype,
    flags: nodeFlags(engine),
  }
}
