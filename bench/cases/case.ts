import { ArgumentError } from '../../src/errors.ts'
import { type AnyConfig, architectureOf } from '../../src/families/architectures.ts'
import { ProgramBuilder } from '../../src/program/builder.ts'
import { linear } from '../../src/program/layers/linear.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Program } from '../../src/program/program.ts'
import type { Shape } from '../../src/program/values.ts'

/**
 * What is measured: a whole model, its cold start (a new process each time, until the first answer),
 * one encoder block, or one product with its bias.
 */
export const levels = ['model', 'cold', 'block', 'op'] as const
export type Level = (typeof levels)[number]

/** One thing that all engines compute, as it goes through JSON. */
export interface Case {
  readonly level: Level
  /** For people: `ViT-B_16`, `ViT-B_16 block`, `fc1 197x768x3072`. */
  readonly name: string
  /** Of the model, or of the one that a block belongs to; missing for a product. */
  readonly config?: AnyConfig
  /** Of a product `[rows, inner] x [inner, columns]`. */
  readonly product?: readonly [rows: number, inner: number, columns: number]
  /** A checkpoint's path; random weights where there is none. */
  readonly weights?: string
  /** Images (or matrices) that one run takes. */
  readonly batch: number
  readonly threads: number
}

/** What an exporter writes, or only what the logits need; see `withoutUnusedRows`. */
export type Graph = 'full' | 'pruned'

/** The program of a case for one image. It has one output. */
export function caseProgram(bench: Case, graph: Graph): Program {
  const program = fullProgram(bench)
  return graph === 'pruned' ? withoutUnusedRows(program) : program
}

function fullProgram({ level, name, config, product }: Case): Program {
  if (product) {
    const [rows, inner, columns] = product
    const net = new ProgramBuilder()
    const input = net.input('input', [rows, inner])
    return net.build({ product: linear(net, 'op', input, columns) })
  }
  if (!config) throw new ArgumentError(`The case ${name} has neither a config nor a product.`)
  const architecture = architectureOf(config)
  if (level === 'block') return withOutputs(architecture.blockProgram(config), ['tokens'])
  const program = architecture.program(config)
  // The tower of images of a LiT has no classes.
  return withOutputs(program, ['logits' in program.outputs ? 'logits' : 'features'])
}

/** The value that a case's program computes. */
export function outputOf(program: Program): { name: string; id: number; shape: Shape } {
  const [name, id] = Object.entries(program.outputs)[0]!
  return { name, id, shape: program.values[id]!.shape }
}
