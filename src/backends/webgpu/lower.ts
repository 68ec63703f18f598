import { inputsOf } from '../../program/ops/operations.ts'
import type { Attention } from '../../program/ops/attention.ts'
import type { LayerNorm } from '../../program/ops/layer-norm.ts'
import type { Linear } from '../../program/ops/linear.ts'
import type { MeanRows } from '../../program/ops/mean-rows.ts'
import type { Op } from '../../program/ops/operations.ts'
import type { PatchEmbed } from '../../program/ops/patch-embed.ts'
import type { Program } from '../../program/program.ts'
import type { Rows } from '../../program/ops/rows.ts'
import type { Tokens } from '../../program/ops/tokens.ts'
import type { ValueId, WeightId } from '../../program/values.ts'
import { ATTENTION_QUERIES, attention, attentionMap } from './kernels/attention.ts'
import { type GemmOptions, gemm, type Tile } from './kernels/gemm.ts'
import { GEMV_COLUMNS, gemv } from './kernels/gemv.ts'
import { floatBits, type Kernel, type Storage, spread, vectors } from './kernels/kernel.ts'
import { layerNorm } from './kernels/layernorm.ts'
import { meanRows, ROW_THREADS, rows, tokens } from './kernels/rows.ts'
import { valueStorages } from './storage.ts'
import { type GemmShape, tilesAcross } from './tiles.ts'

/** A buffer that a kernel is given: a weight's or a value's. */
export type Operand = { readonly weight: string } | { readonly value: ValueId }

/** One dispatch of a forward pass, for any number of images. */
export interface Step {
  readonly label: string
  /** In the order of the kernel's bindings. */
  readonly operands: readonly Operand[]
  readonly makes: readonly ValueId[]
  for(images: number): Dispatch
}

export interface Dispatch {
  readonly kernel: Kernel
  /** Where it is a product that a tile was chosen for. */
  readonly gemm?: GemmShape
  readonly params: readonly number[]
  readonly workgroups: readonly [x: number, y?: number, z?: number]
}

export interface Lowered {
  readonly steps: readonly Step[]
  readonly storages: readonly Storage[]
}

export interface LowerOptions {
  /** How kernels of products are stored. */
  readonly kernels: Storage
  /** Whether kernels may use the GPU's subgroups. */
  readonly subgroups: boolean
  readonly chooseTile: (shape: GemmShape) => Tile
}

/** Rows up to which a product is computed row by row. */
const FEW_ROWS = 4

/** A program as dispatches: seven for an encoder block. */
export function lower(program: Program, { kernels, subgroups, chooseTile }: LowerOptions): Lowered {
  const storages = valueStorages(program, kernels)
  const shape = (id: ValueId) => program.values[id]!.shape
  const value = (id: ValueId): Operand => ({ value: id })
  const weight = (id: WeightId): Operand => ({ weight: program.weights[id]!.name })
  const optional = (id: WeightId | undefined) => (id === undefined ? [] : [weight(id)])
  const readers = countReaders(program)
  const done = new Set<Op>()
  const steps: Step[] = []
  for (const [i, op] of program.ops.entries()) {
    if (done.has(op)) continue
    const label = `${op.op} ${program.values[op.output]!.name}`
    steps.push(...lowerOp(op, program.ops.slice(i + 1)).map((step) => ({ label, ...step })))
  }
  return { steps, storages }

  function lowerOp(op: Op, later: readonly Op[]): Omit<Step, 'label'>[] {
    switch (op.op) {
      case 'patch_embed': {
        const fused = later.find((next) => next.op === 'tokens' && next.input === op.output)
        if (fused?.op !== 'tokens' || readers[op.output] !== 1) return [patchEmbed(op)]
        done.add(fused)
        return [patchEmbed(op, fused)]
      }
      case 'tokens':
        return [addTokens(op)]
      case 'layer_norm':
        return [norm(op)]
      case 'linear': {
        const second = later.find((next) => next.op === 'linear' && isPair(op, next))
        if (second?.op !== 'linear') return [linear(op)]
        done.add(second)
        return [linearPair(op, second)]
      }
      case 'attention':
        return attend(op)
      case 'rows':
      case 'mean_rows':
        return [rowsOf(op)]
    }
  }

  /** The product of patches and kernel; where tokens follow, it makes them too. */
  function patchEmbed(op: PatchEmbed, tokens?: Tokens): Omit<Step, 'label'> {
    const [height, columns] = shape(op.input)
    const stride = 4 * vectors(columns)
    const [patches, width] = shape(op.output)
    const [patchRows, patchColumns] = op.patchSize
    const before = tokens?.prefix === undefined ? 0 : program.weights[tokens.prefix]!.shape[0]
    const total = before + patches
    const inner = patchRows * patchColumns * 3
    const output = tokens?.output ?? op.output
    const options: Omit<GemmOptions, 'tile'> = {
      ...{ a: 'f32', b: kernels, out: storages[output]!, source: 'patches', pair: false },
      ...{ bias: op.bias !== undefined, activation: 'none', residual: false },
      tokens: tokens ? (tokens.prefix === undefined ? 'position' : 'prefix') : 'none',
    }
    const gridColumns = Math.floor(columns / 3 / patchColumns)
    const patchParams = [patches, gridColumns, height * stride, stride, patchRows, patchColumns * 3]
    return {
      operands: [
        ...[value(op.input), weight(op.kernel), ...optional(op.bias)],
        ...(tokens ? [...optional(tokens.prefix), weight(tokens.position)] : []),
        value(output),
      ],
      makes: [output],
      for: (images) =>
        product(
          options,
          images * total,
          inner,
          [width],
          [...[...patchParams, before], ...(tokens ? [total, before] : [])],
        ),
    }
  }

  function linear(op: Linear): Omit<Step, 'label'> {
    const [count] = shape(op.output)
    const [inner, columns] = program.weights[op.kernel]!.shape
    const options = gemmOptions(op, false)
    return {
      operands: [
        ...[value(op.input), weight(op.kernel), ...optional(op.bias)],
        ...(op.residual === undefined ? [] : [value(op.residual)]),
        value(op.output),
      ],
      makes: [op.output],
      for(images) {
        const total = images * count
        if (total > FEW_ROWS) return product(options, total, inner, [columns])
        return {
          kernel: gemv(options),
          params: [total, vectors(inner), vectors(columns)],
          workgroups: [Math.ceil(columns / GEMV_COLUMNS), total],
        }
      },
    }
  }

  function linearPair(op: Linear, second: Linear): Omit<Step, 'label'> {
    const [count] = shape(op.output)
    const [inner, columns] = program.weights[op.kernel]!.shape
    const [, columns2] = program.weights[second.kernel]!.shape
    return {
      operands: [
        ...[value(op.input), weight(op.kernel), ...optional(op.bias), value(op.output)],
        ...[weight(second.kernel), ...optional(second.bias), value(second.output)],
      ],
      makes: [op.output, second.output],
      for: (images) => product(gemmOptions(op, true), images * count, inner, [columns, columns2]),
    }
  }

  function gemmOptions(op: Linear, pair: boolean): Omit<GemmOptions, 'tile'> {
    return {
      ...{ a: storages[op.input]!, b: kernels, out: storages[op.output]!, source: 'matrix', pair },
      ...{ bias: op.bias !== undefined, activation: op.activation, tokens: 'none' },
      residual: op.residual !== undefined,
    }
  }

  function product(
    options: Omit<GemmOptions, 'tile'>,
    rows: number,
    inner: number,
    columns: readonly number[],
    more: readonly number[] = [],
  ): Dispatch {
    const shape = { rows, inner, columns, a: options.a, b: options.b }
    const tile = chooseTile(shape)
    const across = columns.map((each) => tilesAcross(tile, each))
    const [first, second = 0] = columns
    return {
      kernel: gemm({ ...options, tile }),
      gemm: shape,
      params: [rows, vectors(inner), vectors(first!), vectors(second), across[0]!, ...more],
      workgroups: [across.reduce((a, b) => a + b), Math.ceil(rows / tile.rows)],
    }
  }

  /** Whether one dispatch can make both: they read the same rows, and neither reads the other. */
  function isPair(op: Linear, next: Linear): boolean {
    const simple = (one: Linear) => one.residual === undefined && one.activation === 'none'
    return (
      next.input === op.input &&
      shape(op.output)[0] > FEW_ROWS &&
      simple(op) &&
      simple(next) &&
      (op.bias === undefined) === (next.bias === undefined) &&
      storages[op.output] === storages[next.output] &&
      !done.has(next)
    )
  }

  function norm({ input, output, scale, bias, eps }: LayerNorm): Omit<Step, 'label'> {
    const [count, columns] = shape(input)
    const kernel = layerNorm(storages[output]!, subgroups)
    return {
      operands: [value(input), weight(scale), weight(bias), value(output)],
      makes: [output],
      for: (images) => ({
        kernel,
        params: [images * count, columns, vectors(columns), floatBits(eps)],
        workgroups: spread(images * count),
      }),
    }
  }

  function attend(op: Attention): Omit<Step, 'label'>[] {
    const { query, keyValue, output, weights, heads } = op
    const [queries, width] = shape(query)
    const [tokens] = shape(keyValue)
    const options = { headWidth: width / heads, input: storages[query]!, out: storages[output]! }
    const params = [queries, tokens, width, floatBits(1 / Math.sqrt(width / heads))]
    const reads = [value(query), value(keyValue)]
    const fused: Omit<Step, 'label'> = {
      operands: [...reads, value(output)],
      makes: [output],
      for: (images) => ({
        kernel: attention(options),
        params,
        workgroups: [Math.ceil(queries / ATTENTION_QUERIES), heads, images],
      }),
    }
    // Of a program that nobody cut, the weights may be for nobody.
    if (weights === undefined || readers[weights] === 0) return [fused]
    const map: Omit<Step, 'label'> = {
      operands: [...reads, value(weights)],
      makes: [weights],
      for: (images) => ({
        kernel: attentionMap(options, subgroups),
        params,
        workgroups: [queries, heads, images],
      }),
    }
    return [fused, map]
  }

  function rowsOf({ op, input, output, from }: Rows | MeanRows): Omit<Step, 'label'> {
    const out = storages[output]!
    const kernel = op === 'rows' ? rows(storages[input]!, out) : meanRows(out)
    return rowStep(kernel, [value(input)], input, output, from)
  }

  function addTokens({ input, output, prefix, position }: Tokens): Omit<Step, 'label'> {
    const reads = [value(input), ...optional(prefix), weight(position)]
    const before = shape(output)[0] - shape(input)[0]
    return rowStep(tokens(prefix !== undefined), reads, input, output, before)
  }

  function rowStep(
    kernel: Kernel,
    reads: readonly Operand[],
    input: ValueId,
    output: ValueId,
    first: number,
  ): Omit<Step, 'label'> {
    const [inRows] = shape(input)
    const [outRows, columns] = shape(output)
    const columns4 = vectors(columns)
    return {
      operands: [...reads, value(output)],
      makes: [output],
      for: (images) => ({
        kernel,
        params: [images * outRows, columns4, inRows, outRows, first],
        workgroups: spread(Math.ceil((images * outRows * columns4) / ROW_THREADS)),
      }),
    }
  }
}

/** How often each value is read, being an output included. */
function countReaders(program: Program): number[] {
  const counts = program.values.map(() => 0)
  for (const id of [...program.ops.flatMap(inputsOf), ...Object.values(program.outputs)]) {
    counts[id]!++
  }
  return counts
}
