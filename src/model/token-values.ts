import { ProgramBuilder } from '../program/builder.ts'
import { meanRows } from '../program/layers/mean-rows.ts'
import { rows } from '../program/layers/rows.ts'
import { type Op, outputsOf } from '../program/ops/operations.ts'
import type { Program } from '../program/program.ts'
import type { ValueId } from '../program/values.ts'
import type { Tokens } from './tokens.ts'

/** The name of what a pool makes. */
export const poolValue = (pool: 'class' | 'mean' | 'tokens') => `pools.${pool}`

/** A program from which pools and intermediate layers can be read. */
export interface TokenValues {
  readonly program: Program
  /** The names of the tokens after each block, from the first. */
  readonly blocks: readonly string[]
  /** The names of the same after the model's last norm; absent where that comes after pooling, or there is none. */
  readonly normed: readonly string[] | undefined
}

/** Adds all of them to a program: what is not asked for is not computed (`withOutputs`). */
export function withTokenValues(program: Program, tokens: Tokens): TokenValues {
  const net = new ProgramBuilder(program)
  const { blocks, prefixTokens, classToken, grid } = tokens
  const ids = blocks.map((name) => net.named(name)!)
  const last = ids.at(-1)!
  const norm = normOf(program, tokens.norm)
  const isOfAll = norm?.input === last
  const all = norm && isOfAll ? norm.output : last

  const pool = (name: string, make: (name: string) => ValueId) => {
    if (norm && !isOfAll) normalized(net, norm, make(`${name}.pooled`), name)
    else make(name)
  }
  if (classToken) pool(poolValue('class'), (name) => rows(net, name, all, 0, 1))
  pool(poolValue('mean'), (name) => meanRows(net, name, all, prefixTokens))
  rows(net, poolValue('tokens'), all, prefixTokens, grid[0] * grid[1])
  const normed = blocks.map((name) => `${name}.norm`)
  if (norm && isOfAll) {
    for (const [i, id] of ids.entries()) normalized(net, norm, id, normed[i]!)
  }
  return { program: net.build(program.outputs), blocks, normed: isOfAll ? normed : undefined }
}

/** A norm, whichever it is. */
type Norm = Extract<Op, { readonly input: ValueId; readonly output: ValueId }>

function normOf({ ops, values }: Program, name: string | undefined): Norm | undefined {
  if (name === undefined) return undefined
  const id = values.findIndex((value) => value.name === name)
  return ops.find((op): op is Norm => 'input' in op && outputsOf(op).includes(id))
}

/** Applies a norm of the program, with its weights, to another value. */
function normalized(net: ProgramBuilder, norm: Norm, input: ValueId, name: string): void {
  const output = net.value(name, net.shape(input))
  net.push({ ...norm, input, output })
}
