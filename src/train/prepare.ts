import { platform } from '#platform'
import type { Backend, WeightSink } from '../backends/backend.ts'
import { placeRegion, wholeRegion } from '../backends/weights.ts'
import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import { loadPieces } from '../checkpoint/plan/load.ts'
import { openCheckpoint } from '../checkpoint/read/open.ts'
import { UnsupportedError } from '../errors.ts'
import type { AnyConfig } from '../families/architectures.ts'
import type { CheckpointPlan } from '../families/plan.ts'
import { runnableOf } from '../families/runnables.ts'
import { type LoadOptions, planWith, withSource } from '../load.ts'
import type { Program } from '../program/program.ts'
import { type Adapter, type LoRA, withLoRA } from '../program/training/lora.ts'
import { rawName } from '../program/training/standardized-kernels.ts'
import { Fingerprint } from './fingerprint.ts'
import { type Freeze, trains, trainsAdapters } from './freeze.ts'
import { initialAdapters } from './lora.ts'
import { type Copies, fittingImages } from './memory.ts'
import { Trainer, type TrainerOptions } from './trainer.ts'

export interface PrepareOptions
  extends Pick<TrainerOptions, 'optimizer' | 'learningRate' | 'clip' | 'divides'> {
  readonly backend: Backend
  /** What is said of the checkpoint, as for `load`. */
  readonly load: LoadOptions
  readonly classes: number
  readonly freeze: Freeze
  /** Trains low-rank adapters of attention and the head; then nothing else is. */
  readonly lora?: LoRA | undefined
  /** What initial values of new weights follow from. */
  readonly seed?: number | undefined
  readonly accumSteps?: number | undefined
  /** Images of one run at most; fewer where memory is short, or where so many have more than about 800 rows. */
  readonly together?: number | undefined
  /** None unless given. */
  readonly copies?: Copies | undefined
}

/** A model that is ready to be trained, and what it takes to write it. */
export interface Prepared {
  readonly trainer: Trainer
  /** With its adapters, where it has any. */
  readonly program: Program
  readonly adapters: readonly Adapter[]
  readonly config: AnyConfig
  readonly plan: CheckpointPlan
  /** The checkpoint's name. */
  readonly name: string
  /** Of the weights that training begins with. */
  readonly fingerprint: string
}

/**
 * Loads a checkpoint for training, as the release does: without its head and `pre_logits`, with a new head of zeros for
 * the data set's classes, and with positions for the wanted image size.
 * @throws what `load` throws; UnsupportedError for models that have no head to train; MemoryError, before anything is
 *   allocated, for what does not fit
 */
export async function prepare(
  source: CheckpointInput | undefined,
  options: PrepareOptions,
): Promise<Prepared> {
  const { load, classes, backend } = options
  return withSource(source, load, async (input, beside) => {
    const file = await openCheckpoint(input, load, beside.neighbours)
    try {
      const plan = await withoutHead((config) => planWith(file, beside, { ...load, config }), load)
      if ('embedding' in plan.config) {
        throw new UnsupportedError(
          `${file.name} is a model of images and texts; its image tower alone can't be trained.`,
        )
      }
      const config = { ...plan.config, classes } as AnyConfig
      const plain = (await runnableOf(config)).program(config)
      const { program, adapters } = options.lora
        ? withLoRA(plain, options.lora)
        : { program: plain, adapters: [] }
      const trainsWith = (freeze: Freeze) =>
        options.lora ? trainsAdapters(adapters) : trains(freeze, config)
      const isTrained = trainsWith(options.freeze)
      const standardized = program.weights.flatMap((weight) => {
        const how = plan.pieces.get(weight.name)?.[0]?.standardize
        return how ? [{ weight, ...how }] : []
      })
      const { optimizer, learningRate, clip, accumSteps, freeze, lora, divides = false } = options
      const { copies = { best: 0, average: 0 } } = options
      const together = fittingImages({
        ...{ backend, program, standardized, optimizer, freeze, lora, trainsWith, copies },
        depth: (config as { depth?: number }).depth ?? 0,
        images: Math.min(options.together ?? Number.POSITIVE_INFINITY, imagesTogether(program)),
        machineBytes: platform.memoryBytes?.(),
      })
      const rules = { standardized, adapters, optimizer, learningRate, clip, together, accumSteps }
      const fingerprint = new Fingerprint()
      const trainer = new Trainer({ backend, program, trains: isTrained, ...rules, divides })
      try {
        const initial = initialAdapters(adapters, options.seed ?? 0)
        await fill(trainer, program, plan, isTrained, initial, (pieces, sink) =>
          loadPieces(file, pieces, fingerprinted(sink, fingerprint), {
            signal: load.signal,
            onProgress: load.onProgress,
          }),
        )
      } catch (error) {
        trainer.dispose()
        throw error
      }
      return {
        ...{ trainer, program, adapters, config, plan },
        ...{ name: file.name, fingerprint: fingerprint.text },
      }
    } finally {
      await file.close()
    }
  })
}

/** The plan of a file without its head and `pre_logits`, which only transformers have. */
async function withoutHead(
  planWith: (config: LoadOptions['config']) => Promise<CheckpointPlan>,
  { config }: LoadOptions,
): Promise<CheckpointPlan> {
  const plan = await planWith({ ...config, classes: 0 })
  if (!('representation' in plan.config) || plan.config.representation === 0) return plan
  return planWith({ ...config, classes: 0, representation: 0 })
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

/** A sink that also adds what is written to a fingerprint. */
const fingerprinted = (sink: WeightSink, fingerprint: Fingerprint): WeightSink => ({
  write(weight, region, start, values) {
    fingerprint.add(`${weight} ${region.row} ${region.column}`, start, values)
    sink.write(weight, region, start, values)
  },
})

/** Weights that are not trained go to the backend; those that are, to the trainer. */
async function fill(
  trainer: Trainer,
  program: Program,
  { pieces }: CheckpointPlan,
  isTrained: (weight: string) => boolean,
  initial: ReadonlyMap<string, Float32Array>,
  read: (
    ...of: [Parameters<typeof loadPieces>[1], Parameters<typeof loadPieces>[2]]
  ) => Promise<void>,
): Promise<void> {
  const parameters = new Map<string, Float32Array>()
  const columns = new Map(program.weights.map(({ name, shape }) => [name, shape[1]]))
  for (const { name, shape } of program.weights) {
    const values = initial.get(name)
    if (values && !isTrained(name)) trainer.model.write(name, wholeRegion(shape), 0, values)
  }
  const wanted = program.weights.flatMap(({ name, shape }) => {
    if (!isTrained(name)) return pieces.get(name) ?? []
    const own = pieces.get(name) ?? []
    const trained = own[0]?.standardize ? rawName(name) : name
    parameters.set(trained, initial.get(name) ?? new Float32Array(shape[0] * shape[1]))
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
