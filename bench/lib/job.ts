import { vitProgram } from '../../src/models/families/vit.ts'
import { variantConfig } from '../../src/models/variants.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Program } from '../../src/program/program.ts'

/** What one process of the comparison is to do, as it goes through the command line. */
export interface Job {
  /** `prepare` writes the files of the model and ends; `measure` loads it and takes requests. */
  phase: 'prepare' | 'measure'
  peer: string
  model: string
  /** `full` is what exporters write; `pruned` computes one row of the last block. */
  graph: 'full' | 'pruned'
  directory: string
  threads: number
  wide: boolean
}

/** What the driver asks of a measuring process, one at a time. */
export type Request =
  | { ask: 'warm'; seconds: number }
  | { ask: 'round'; runs: number }
  | { ask: 'finish' }

/** A loaded model: times in milliseconds, and the logits of both test images. */
export interface Loaded {
  version: string
  description: string | undefined
  load: number
  first: number
  logits: number[]
}

/** Milliseconds; `cpu` is the time of all threads of the process. */
export type Reply =
  | ({ tell: 'loaded' } & Loaded)
  | { tell: 'warm'; runs: number }
  | { tell: 'round'; wall: number[]; cpu: number[] }
  | { tell: 'finished'; peakBytes: number }

/** The erf form of GELU, since every engine has it exactly. */
export function jobConfig(model: string) {
  return variantConfig(model, { gelu: 'erf' })
}

export function jobProgram(model: string, graph: Job['graph']): Program {
  const program = withOutputs(vitProgram(jobConfig(model)), ['logits'])
  return graph === 'pruned' ? withoutUnusedRows(program) : program
}
