import { createHash } from 'node:crypto'
import type { Dtype } from '../../backends/backend.ts'
import { ArgumentError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import type { ImageModel } from '../../model/image-model.ts'
import { probePicture } from '../../model/probe.ts'
import { makerOf } from '../../vectors/record.ts'
import type { Identity, Job } from './settings.ts'

type Model = ImageModel<AnyConfig>

/** So many of the most probable classes tell models apart. */
const ANSWERS = 10

/** The bits of f32 depend on the processor; those of two models differ by more. */
const TOLERANCE = 0.01

/** @param weights as they were named; absent for the model of the package */
export async function identityOf(
  model: Model,
  dtype: Dtype,
  weights: string | undefined,
): Promise<Identity> {
  const { labels, config } = model
  const answers =
    config.classes > 0 ? await model.classify(probePicture, { topK: ANSWERS }) : undefined
  return {
    ...(await makerOf(model, weights)),
    dtype,
    ...(labels && { labels: createHash('sha256').update(JSON.stringify(labels)).digest('hex') }),
    ...(answers && { answers: answers.map(({ probability }) => probability) }),
  }
}

/**
 * @param found of the model that this worker has
 * @throws ArgumentError naming what differs from the job's model
 */
export function requireSameModel({ model: wanted }: Job, found: Identity, folder: string): void {
  const same = <T>(name: string, one: T, other: T) =>
    JSON.stringify(one) === JSON.stringify(other) ? [] : [name]
  const isExact = wanted.dtype === 'int16'
  const differences = [
    ...same('dtype', wanted.dtype, found.dtype),
    ...same('config', wanted.config, found.config),
    ...same('preprocessing', wanted.preprocess, found.preprocess),
    ...same('class names', wanted.labels, found.labels),
  ]
  const isNear = isExact
    ? same('', wanted.probe, found.probe).length === 0
    : isAlike(wanted.probe, found.probe) && isAlike(wanted.answers ?? [], found.answers ?? [])
  if (differences.length === 0 && isNear) return
  const what = differences.length > 0 ? `its ${differences.join(', ')}` : 'its weights'
  throw new ArgumentError(
    `The job in ${folder} computes with another model than the one that was loaded here: ${what} differ. Use the job's model, or start a job in another folder.`,
  )
}

function isAlike(one: readonly number[], other: readonly number[]): boolean {
  if (one.length !== other.length) return false
  const difference = Math.hypot(...one.map((value, i) => value - other[i]!))
  return difference <= TOLERANCE * Math.hypot(...one)
}
