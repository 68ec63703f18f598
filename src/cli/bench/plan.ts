import { readFile } from 'node:fs/promises'
import type { Case } from '../../../bench/cases/case.ts'
import { parseShapes, shapesFile } from '../../../bench/cases/shapes.ts'
import { openCheckpoint } from '../../checkpoint/read/open.ts'
import { ArgumentError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import { findVariant } from '../../families/find-variant.ts'
import { planCheckpoint } from '../../families/plan.ts'
import { publishedVariants, variantConfigOf } from '../../families/published.ts'
import { packageRoot } from '../package-root.ts'
import type { CaseFlags } from './flags.ts'

interface Model {
  readonly name: string
  readonly config: AnyConfig
  readonly weights?: string
}

/** All combinations of level, model, batch and number of threads. */
export async function planCases(flags: CaseFlags): Promise<Case[]> {
  const models = flags.weights ? [await checkpointModel(flags)] : flags.models.map(variant(flags))
  const cases: Omit<Case, 'batch' | 'threads'>[] = []
  for (const level of flags.level) {
    if (level === 'op') cases.push(...(await products(flags, models)))
    else {
      const suffix = { model: '', cold: ' cold start', block: ' block' }[level]
      cases.push(...models.map(({ name, ...model }) => ({ level, name: name + suffix, ...model })))
    }
  }
  return flags.threads.flatMap((threads) =>
    flags.batch.flatMap((batch) => cases.map((one) => ({ ...one, batch, threads }))),
  )
}

/** With the erf form of GELU, which every engine computes exactly. */
const variant =
  ({ imageSize }: CaseFlags) =>
  (name: string): Model => ({
    name: findVariant(publishedVariants, name).name,
    config: variantConfigOf(name, { gelu: 'erf', ...(imageSize && { imageSize }) }),
  })

async function checkpointModel({ weights, imageSize }: CaseFlags): Promise<Model> {
  const file = await openCheckpoint(weights!)
  try {
    const { config } = await planCheckpoint(file, imageSize ? { imageSize } : {})
    if (config.classes === 0)
      throw new ArgumentError(`${weights} has no head, and bench measures logits.`)
    return { name: weights!.replace(/^.*[\\/]/, ''), config, weights: weights! }
  } finally {
    await file.close()
  }
}

async function products({ shapes }: CaseFlags, models: readonly Model[]) {
  const files = shapes
    ? [{ path: shapes, prefix: '' }]
    : models.map(({ name }) => ({
        path: new URL(`bench/shapes/${shapesFile(name)}`, packageRoot),
        prefix: `${name} `,
      }))
  const all = await Promise.all(
    files.map(async ({ path, prefix }) => {
      const text = await readFile(path, 'utf8').catch((cause: Error) => {
        throw new ArgumentError(`Can't read the shapes: ${cause.message}.`, { cause })
      })
      return parseShapes(text, String(path)).map(({ name, rows, inner, columns }) => ({
        level: 'op' as const,
        name: `${prefix}${name} ${rows}x${inner}x${columns}`,
        product: [rows, inner, columns] as const,
      }))
    }),
  )
  return all.flat()
}
