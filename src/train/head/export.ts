import type { CheckpointFile, CheckpointInput } from '../../checkpoint/checkpoint.ts'
import { openCheckpoint } from '../../checkpoint/read/open.ts'
import { collectBytes } from '../../checkpoint/write/safetensors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import { encodeCheckpoint } from '../../families/encode.ts'
import type { CheckpointPlan } from '../../families/plan.ts'
import type { Recipe, RecipeName } from '../../image/preprocess/recipes.ts'
import { planWith, withSource } from '../../load.ts'
import type { LoadOptions } from '../../load-options.ts'
import type { LinearHead } from './linear-head.ts'

/** Options of `HeadTrainer.export`. */
export interface ExportOptions {
  /** How weights are stored: `f32`, `f16`, or `int8` for the matrices of the blocks; `f32` by default. */
  dtype?: 'f32' | 'f16' | 'int8' | undefined
  /** Ends the export, which then throws the signal's reason. */
  signal?: AbortSignal | undefined
}

/** A model without its head, as `load` gets it. */
export interface Backbone {
  readonly source: CheckpointInput | undefined
  readonly load: LoadOptions
  /** The recipe that its features were made with. */
  readonly preprocess: RecipeName | Recipe
}

/**
 * The checkpoint that features came from, with a head for them: a safetensors file that just loads. The checkpoint is
 * read again, so its weights are those of the file, whatever computed the features.
 * @param record goes into the metadata
 * @throws what `load` throws
 */
export function withHead(
  { source, load, preprocess }: Backbone,
  head: LinearHead,
  record: object,
  { dtype = 'f32', signal }: ExportOptions,
): Promise<Uint8Array> {
  const options = { ...load, signal }
  return withSource(source, options, async (input, beside) => {
    const file = await openCheckpoint(input, options, beside.neighbours)
    try {
      const plan = await planWith(file, beside, options)
      const metadata = { 'vitrine.training': JSON.stringify(record) }
      const whole = await fileWithHead(file, plan, head, signal)
      const planned = planWithHead({ ...plan, recipe: preprocess }, head)
      const chunks = encodeCheckpoint(whole, planned, { dtype, signal, metadata })
      return await collectBytes(chunks)
    } finally {
      await file.close()
    }
  })
}

/** No checkpoint has tensors of these names. */
const tensors = {
  kernel: 'vitrine.head.kernel',
  bias: 'vitrine.head.bias',
  none: 'vitrine.head.none',
}

/**
 * The tensors that a plan uses, and a head's. They are read in the order of the file first: from a server that sends no
 * ranges, a file comes only once, from start to end.
 */
async function fileWithHead(
  file: CheckpointFile,
  { pieces }: CheckpointPlan,
  { kernel, bias }: LinearHead,
  signal: AbortSignal | undefined,
): Promise<CheckpointFile> {
  const own = new Map([
    [tensors.kernel, kernel],
    [tensors.bias, bias],
    [tensors.none, new Float32Array(kernel.length)],
  ])
  const used = new Set([...pieces.values()].flat().map(({ tensor }) => tensor))
  for (const { name, shape } of file.tensors.values()) {
    if (!used.has(name)) continue
    const values = new Float32Array(shape.reduce((product, side) => product * side, 1))
    let at = 0
    for await (const block of file.read(name, { signal })) {
      values.set(block, at)
      at += block.length
    }
    own.set(name, values)
  }
  const infos = [...own].map(
    ([name, { length }]) => [name, { name, dtype: 'f32' as const, shape: [length] }] as const,
  )
  return {
    ...{ format: file.format, name: file.name, metadata: file.metadata, tensors: new Map(infos) },
    async *read(name) {
      // A copy, since who asks may write to it.
      yield own.get(name)!.slice()
    },
    close: () => file.close(),
  }
}

function planWithHead(plan: CheckpointPlan, { labels, width }: LinearHead): CheckpointPlan {
  const classes = labels.length
  const piece = (weight: string, tensor: string, rows: number) => ({
    ...{ weight, tensor, start: 0, count: rows * classes, scale: 1 },
    region: { row: 0, column: 0, rows, columns: classes, transposed: false },
  })
  const pieces = new Map(plan.pieces)
  const put = (name: string, kernel: string, bias: string) => {
    pieces.set(`${name}.kernel`, [piece(`${name}.kernel`, kernel, width)])
    pieces.set(`${name}.bias`, [piece(`${name}.bias`, bias, 1)])
  }
  put('head', tensors.kernel, tensors.bias)
  // A distilled model adds the logits of two heads; features are of the first one's token.
  put('head_dist', tensors.none, tensors.none)
  return { ...plan, config: { ...plan.config, classes } as AnyConfig, labels, pieces }
}
