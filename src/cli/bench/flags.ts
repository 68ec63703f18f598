import type { Level } from '../../../bench/cases/case.ts'

/** The flags that choose cases. */
export interface CaseFlags {
  readonly models: readonly string[]
  readonly weights?: string
  readonly level: readonly Level[]
  readonly shapes?: string
  readonly imageSize?: readonly [height: number, width: number]
  readonly batch: readonly number[]
  readonly threads: readonly number[]
}

/** The flags of `vitrine bench`, as commander parses them. */
export interface BenchFlags extends CaseFlags {
  readonly backends?: readonly string[]
  readonly with: readonly string[]
  readonly baseline?: string
  readonly flagged: boolean
  readonly graph: 'full' | 'pruned'
  readonly node?: string
  readonly browser?: string
  readonly serve?: true
  readonly rounds: number
  readonly turn: number
  readonly warm: number
  readonly timeout: number
  readonly json?: string
  readonly html?: string
}
