import { matrixFlops, parameterCount } from '../../src/program/passes/work.ts'
import { type Case, caseProgram } from '../cases/case.ts'
import type { Comparison, Progress } from '../drive/compare.ts'
import { type EngineSpec, engineId, nodeFlags } from '../engine/spec.ts'
import { peerRow } from '../peers/registry.ts'
import type { CaseReport, Machine, Outcome } from './report.ts'
import { summarise, withRatios } from './summary.ts'

/** What a report says of one case, from what was measured so far. */
export function assembleCase(
  bench: Case,
  { engines, calibration, noisyRounds }: Comparison,
  baseline: string,
  ceilings: Machine['ceilings'],
  versionOf: (engine: EngineSpec) => string | undefined,
): CaseReport {
  const program = caseProgram(bench, 'full')
  const flops = bench.batch * matrixFlops(program)
  const outcomes = engines.map((one) => outcome(one, bench, flops, ceilings, versionOf))
  return {
    bench,
    flops,
    parameters: parameterCount(program),
    outcomes: withRatios(outcomes, baseline),
    calibration,
    noisyRounds,
  }
}

function outcome(
  { engine, loaded, difference, warmRuns, peakBytes, wall, cpu, failure }: Progress,
  bench: Case,
  flops: number,
  ceilings: Machine['ceilings'],
  versionOf: (engine: EngineSpec) => string | undefined,
): Outcome {
  const named = {
    engine: engineId(engine),
    title: peerRow(engine.peer).title,
    version: versionOf(engine),
    dtype: engine.dtype,
    flags: nodeFlags(engine),
  }
  const stopped = { status: 'interrupted', reason: 'stopped before it was measured' } as const
  const untimed = wall.length === 0 || (failure && failure.status !== 'interrupted')
  if (untimed) return { ...named, ...(failure ?? stopped) }
  return {
    ...named,
    status: 'measured',
    description: loaded!.description,
    difference: difference!,
    load: loaded!.load,
    first: loaded!.first,
    warmRuns: warmRuns ?? 0,
    wall,
    cpu: cpu.length === 0 ? undefined : cpu,
    peakBytes,
    summary: summarise({ wall, cpu }, flops, bench, ceilings),
  }
}
