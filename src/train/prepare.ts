import type { Backend } from '../backends/backend.ts'
import { placeRegion } from '../backends/weights.ts'
import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import { loadPieces } from '../checkpoint/plan/load.ts'
import { openCheckpoint } from '../checkpoint/read/open.ts'
import { UnsupportedError } from '../errors.ts'
import type { AnyConfig } from '../families/architectures.ts'
import type { CheckpointPlan } from '../families/plan.ts'
import { runnableOf } from '../families/runnables.ts'
import { type LoadOptions, planWith, withSource } from '../load.ts'
import type { Program } from '../program/program.ts'
import { rawName } from '../program/training/standardized-kernels.ts'
import { type Trained, trains } from './freeze.ts'
import { Trainer, type TrainerOptions } from './trainer.ts'

export interface PrepareOptions
  extends Pick<TrainerOptions, 'optimizer' | 'learningRate' | 'clip'> {
  readonly backend: Backend
  /** What is said of the checkpoint, as for `load`. */
  readonly load: LoadOptions
  readonly classes: number
  readonly trained: Trained
  /** Images of one run; as many as have about 800 rows together, unless given. */
  readonly together?: number | undefined
}

/** A model that is ready to be trained, and what it takes to write it. */
export interface Prepared {
  readonly trainer: Trainer
  readonly program: Program
  readonly config: AnyConfig
  readonly plan: CheckpointPlan
}

/**
 * Loads a checkpoint for training, as the release does: without its head and `pre_logits`, with a new head of zeros for
 * the data set's classes, and with positions for the wanted image size.
 * @throws what `load` throws; UnsupportedError for models that have no head to train
 */
export async function prepare(
  source: CheckpointInput | undefined,
  options: PrepareOptions,
): Promise<Prepared> {
  const { load, classes, backend } = options
  const overrides = { ...load.config, classes: 0, representation: 0 } as LoadOptions['config']
  return withSource(source, load, async (input, beside) => {
    const file = await openCheckpoint(input, load, beside.neighbours)
    try {
      const plan = await planWith(file, beside, { ...load, config: overrides })
      if (plan.config.family === 'lit') {
        throw new UnsupportedError(
          `${file.name} is a model of images and texts; its image tower alone can't be trained.`,
        )
      }
      const config = { ...plan.config, classes } as AnyConfig
      const program = (await runnableOf(config)).program(config)
      const isTrained = trains(options.trained, config)
      const standardized = program.weights.flatMap((weight) => {
        const how = plan.pieces.get(weight.name)?.[0]?.standardize
        return how ? [{ weight, ...how }] : []
      })
      const { optimizer, learningRate, clip } = options
      const together = options.together ?? imagesTogether(program)
      const rules = { trains: isTrained, standardized, optimizer, learningRate, clip, together }
      const trainer = new Trainer({ backend, program, ...rules })
      try {
        await fill(trainer, program, plan, isTrained, (pieces, sink) =>
          loadPieces(file, pieces, sink, { signal: load.signal, onProgress: load.onProgress }),
        )
      } catch (error) {
        trainer.dispose()
        throw error
      }
      return { trainer, program, config, plan }
    } finally {
      await file.close()
    }
  })
}

/** Products of about so many rows are the fastest, forward and backward. */
const ROWS = 800

/** Images of one run of training: as many as have about 800 rows together. */
export const imagesTogether = (program: Program): number =>
  Math.max(
    1,
    Math.round(
      ROWS /
        Math.max(
          ...program.ops.flatMap((op) =>
            op.op === 'attention' ? [program.values[op.keyValue]!.shape[0]] : [],
          ),
          1,
        ),
    ),
  )

/** Weights that are not trained go to the backend; those that are, to the trainer. */
async function fill(
  trainer: Trainer,
  program: Program,
  { pieces }: CheckpointPlan,
  isTrained: (weight: string) => boolean,
  read: (
    ...of: [Parameters<typeof loadPieces>[1], Parameters<typeof loadPieces>[2]]
  ) => Promise<void>,
): Promise<void> {
  const parameters = new Map<string, Float32Array>()
  const columns = new Map(program.weights.map(({ name, shape }) => [name, shape[1]]))
  const wanted = program.weights.flatMap(({ name, shape }) => {
    if (!isTrained(name)) return pieces.get(name) ?? []
    const own = pieces.get(name) ?? []
    const trained = own[0]?.standardize ? rawName(name) : name
    parameters.set(trained, new Float32Array(shape[0] * shape[1]))
    return own.map((piece) => ({ ...piece, weight: trained, standardize: undefined }))
  })
  await read(wanted, {
    write(weight, region, start, values) {
      const parameter = parameters.get(weight)
      if (!parameter) trainer.model.write(weight, region, start, values)
      else placeRegion(columns.get(weight.replace(/\.raw$/, ''))!, region, start, values, parameter)
    },
  })
  await trainer.restore(parameters, 0)
}
