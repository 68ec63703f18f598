import type { Backend, Executable, Model, RunOptions } from '../backends/backend.ts'
import { wholeRegion } from '../backends/weights.ts'
import { ArgumentError, NumericError, UnsupportedError } from '../errors.ts'
import { firstNonFinite } from '../finite.ts'
import { concatenate } from '../model/vectors.ts'
import { type Divided, divideFrozen } from '../program/passes/frozen.ts'
import { withOutputs } from '../program/passes/outputs.ts'
import { withoutUnusedRows } from '../program/passes/rows.ts'
import type { Program } from '../program/program.ts'
import { gradientName, withGradients } from '../program/training/gradients.ts'
import type { Adapter } from '../program/training/lora.ts'
import {
  rawName,
  type StandardizedKernel,
  standardizing,
  standardizingGradients,
} from '../program/training/standardized-kernels.ts'
import type { Weight } from '../program/values.ts'
import { keepBlocks } from './lora.ts'
import { parametersInBackend, stateWeights } from './parameters/in-backend.ts'
import { parametersInJavaScript } from './parameters/in-javascript.ts'
import type { Parameters, Tensors } from './parameters/parameters.ts'
import { type Optimizer, stateNames } from './recipe/optimizer.ts'
import type { Schedule } from './recipe/schedule.ts'

/** A picture as the model takes it, and the probabilities that it should answer with. */
export interface Sample {
  /** `[height, width, channels]`, normalised; with `divides` what `features` made of them */
  readonly pixels: Float32Array
  /** `[classes]` */
  readonly targets: Float32Array
}

export interface TrainerOptions {
  readonly backend: Backend
  /** The whole model; its logits are trained. */
  readonly program: Program
  /** Whether a weight is trained, by its name. */
  trains(weight: string): boolean
  /** Kernels that are trained through their standardisation. */
  readonly standardized: readonly StandardizedKernel[]
  /** What adapts kernels, where the program has adapters. */
  readonly adapters?: readonly Adapter[]
  readonly optimizer: Optimizer
  readonly learningRate: Schedule
  /** The most that the global norm of the gradients may be; Infinity for no limit. */
  readonly clip: number
  /** Whether samples are features: what comes before the trained weights is computed by `features`, not in updates. */
  readonly divides?: boolean
  /** Images of one run, at most: what is computed together, and kept for the backward pass. */
  readonly together: number
  /** Equal parts of a batch that are computed one after the other; 1 unless given. */
  readonly accumSteps?: number | undefined
}

/**
 * What is computed, and the weights that it takes: the model's, the gradients of what is trained, and the optimiser's
 * state where the backend updates weights.
 */
export function trainingPrograms({
  backend,
  program,
  trains,
  standardized,
  optimizer,
}: Pick<TrainerOptions, 'backend' | 'program' | 'trains' | 'standardized' | 'optimizer'>) {
  const logits = withoutUnusedRows(withOutputs(program, ['logits']))
  const own = standardized.filter(({ weight }) => trains(weight.name))
  const training = withGradients(logits, { trains, share: 1, adds: false })
  const raw = own.flatMap(({ weight: { shape, name } }): Weight[] =>
    [rawName(name), gradientName(rawName(name))].map((name) => ({ name, shape, role: 'kernel' })),
  )
  const isRaw = new Set(own.map(({ weight }) => weight.name))
  const trained = program.weights
    // Tables, such as rotations, are computed from the config.
    .filter(({ name, role }) => role !== 'table' && trains(name))
    .map((weight) => ({ ...weight, name: trainedName(weight.name, isRaw.has(weight.name)) }))
  const state = backend.updates ? stateWeights(trained, optimizer.rule) : []
  const weights = [...training.weights, ...raw, ...state]
  return { logits, training, standardized: own, trained, state, weights }
}

/** What an update did. */
export interface Step {
  /** The number of the update, from 1. */
  readonly step: number
  /** The mean loss of the batch before the update. */
  readonly loss: number
  /** The global norm of the gradients before clipping. */
  readonly norm: number
  /** The learning rate of the update. */
  readonly learningRate: number
}

/**
 * Trains the weights of one model. They and the optimiser's state are in the backend where it updates weights, else in
 * JavaScript.
 */
export class Trainer {
  readonly #options: TrainerOptions
  readonly #model: Model
  readonly #logits: Program
  /** Where samples are features. */
  readonly #divided: Divided | undefined
  /** What is trained; of standardised kernels the raw form. */
  readonly #trained: readonly Weight[]
  readonly #parameters: Parameters
  readonly #compiled = new Map<string, Executable>()
  readonly #standardized: readonly StandardizedKernel[]
  #steps = 0
  /** Whether the model computes with the parameters as they are; false after a write that failed. */
  #isWritten = false

  /** @throws UnsupportedError where the backend does not train; ArgumentError where nothing is trained */
  constructor(options: TrainerOptions) {
    const { backend, trains, optimizer } = options
    this.#options = options
    const { logits, standardized, trained, weights } = trainingPrograms(options)
    this.#logits = logits
    this.#divided = options.divides ? divideFrozen(logits, trains) : undefined
    this.#standardized = standardized
    this.#trained = trained
    this.#model = backend.createModel(weights)
    if (!this.#model.compileTraining || !this.#model.read) {
      this.#model.dispose()
      throw new UnsupportedError(`The backend ${backend.name} does not train.`)
    }
    const keep = this.#model.compileUpdates ? parametersInBackend : parametersInJavaScript
    this.#parameters = keep(this.#model, trained, optimizer)
  }

  /** Updates made so far. */
  get steps(): number {
    return this.#steps
  }

  /** The model that computes. Weights that are not trained are written to it directly. */
  get model(): Model {
    return this.#model
  }

  /** What is trained, by the names of `trainedName`, between steps. What is got from it is a copy. */
  get parameters(): ReadonlyMap<string, Float32Array> {
    return this.#parameters.values
  }

  /** The optimiser's state, by `stateNames`, between steps. What is got from it is a copy. */
  get state(): Tensors {
    return this.#parameters.state
  }

  /**
   * Takes over parameters, the number of updates that made them, and the optimiser's state, which is 0 unless given.
   * @throws ArgumentError for values of another size, and where a parameter has none
   */
  async restore(
    parameters: ReadonlyMap<string, Float32Array>,
    steps: number,
    state: Tensors = new Map(),
  ): Promise<void> {
    const { rule } = this.#options.optimizer
    for (const { name, shape } of this.#trained) {
      checkSize(name, shape, parameters.get(name))
      for (const own of stateNames(rule, name)) {
        if (state.has(own)) checkSize(own, shape, state.get(own))
      }
    }
    this.#steps = steps
    await this.#changing(() => this.#parameters.restore(parameters, state))
  }

  /** Computes with other values of what is trained from now on, such as averages; with its own if undefined. */
  async use(parameters: ReadonlyMap<string, Float32Array> | undefined): Promise<void> {
    await this.#changing(() => this.#parameters.use(parameters))
  }

  /**
   * One update by the mean loss of a batch.
   * @throws NumericError where the loss or a gradient is not finite; the parameters are then as before. Where the update
   *   itself fails, a backend that has the parameters refuses them until `restore`.
   */
  async step(batch: readonly Sample[], options: RunOptions = {}): Promise<Step> {
    const losses = await this.#backward(batch, options)
    const loss = losses.reduce((sum, value) => sum + value, 0) / batch.length
    const step = this.#steps + 1
    if (!Number.isFinite(loss)) throw notFinite(step, `loss ${loss}`)
    const norm = await this.#parameters.norm()
    // Clipped by such a norm, gradients would be zeros.
    if (!Number.isFinite(norm)) throw notFinite(step, `norm of the gradients ${norm}`)
    const learningRate = this.#options.learningRate(this.#steps)
    const { clip: most } = this.#options
    const clip = norm < most ? undefined : { norm, most }
    this.#steps = step
    await this.#changing(() => this.#parameters.update({ learningRate, step, clip }))
    return { step, loss, norm, learningRate }
  }

  /** Whether samples are features; not in models whose head reads several values. */
  get divides(): boolean {
    return this.#divided !== undefined
  }

  /**
   * What the model makes of a picture before the weights that are trained.
   * @throws ArgumentError where it does not divide
   */
  async features(pixels: Float32Array, options: RunOptions = {}): Promise<Float32Array> {
    if (!this.#divided) throw new ArgumentError('This trainer takes pixels, not features.')
    const { frozen } = this.#divided
    const executable = this.#compile('features', () => this.#model.compile(frozen))
    return (await executable.run({ pixels }, options)).features!
  }

  /**
   * The logits of what `features` made.
   * @returns `[pictures, classes]`
   */
  async logitsOf(
    features: readonly Float32Array[],
    options: RunOptions = {},
  ): Promise<Float32Array> {
    if (!this.#divided) throw new ArgumentError('This trainer takes pixels, not features.')
    await this.#ready()
    const { trained } = this.#divided
    const images = features.length
    const executable = this.#compile(`logits of ${images} features`, () =>
      this.#model.compile(trained, { images }),
    )
    const { logits } = await executable.run({ features: concatenate(features) }, options)
    if (firstNonFinite(logits!) >= 0) throw notFinite(this.#steps, 'logits')
    return logits!
  }

  /**
   * The logits of pictures.
   * @returns `[pictures, classes]`
   */
  async logits(pictures: readonly Float32Array[], options: RunOptions = {}): Promise<Float32Array> {
    const results: Float32Array[] = []
    await this.#ready()
    for (const part of parts(pictures, this.#options.together)) {
      const executable = this.#compile(`logits ${part.length}`, () =>
        this.#model.compile(this.#logits, { images: part.length }),
      )
      results.push((await executable.run({ pixels: concatenate(part) }, options)).logits!)
    }
    const logits = concatenate(results)
    if (firstNonFinite(logits) >= 0) throw notFinite(this.#steps, 'logits')
    return logits
  }

  dispose(): void {
    this.#compiled.clear()
    this.#model.dispose()
  }

  /** Computes the gradients of a batch. @returns the loss of each image */
  async #backward(batch: readonly Sample[], options: RunOptions): Promise<number[]> {
    await this.#ready()
    const losses: number[] = []
    const { accumSteps = 1 } = this.#options
    const slices = [...parts(batch, batch.length / accumSteps)]
    const { trained, input, together } = this.#divided
      ? { trained: this.#divided.trained, input: 'features', together: batch.length }
      : { trained: this.#logits, input: 'pixels', together: this.#options.together }
    for (const part of slices.flatMap((slice) => [...evenParts(slice, together)])) {
      const adds = losses.length > 0
      const executable = this.#compile(`${batch.length} ${part.length} ${adds}`, () => {
        const { trains } = this.#options
        const program = withGradients(trained, { trains, share: 1 / batch.length, adds })
        return this.#model.compileTraining!(program, { images: part.length })
      })
      const pixels = concatenate(part.map((sample) => sample.pixels))
      const targets = concatenate(part.map((sample) => sample.targets))
      const { loss } = await executable.run({ [input]: pixels, targets }, options)
      losses.push(...loss!)
    }
    await this.#over('gradients', standardizingGradients)
    await this.#keepBlocks()
    return losses
  }

  /** Gradients of adapters of several matrices have values that belong to none of them. */
  async #keepBlocks(): Promise<void> {
    for (const adapter of this.#options.adapters ?? []) {
      if (adapter.parts === 1) continue
      const name = gradientName(adapter.b)
      const gradient = await this.#model.read!(name)
      keepBlocks(gradient, adapter)
      const [, columns] = adapter.shape
      this.#model.write(name, wholeRegion([gradient.length / columns, columns]), 0, gradient)
    }
  }

  /** Changes weights of the model, and computes what follows from them. */
  async #changing(change: () => Promise<void>): Promise<void> {
    this.#isWritten = false
    await change()
    await this.#over('kernels', standardizing)
    this.#isWritten = true
  }

  /** Brings the model's weights up to date, where an earlier attempt has failed. */
  async #ready(): Promise<void> {
    if (!this.#isWritten) await this.#changing(() => this.#parameters.use(undefined))
  }

  /** Runs a program over the standardised kernels, where there are any. */
  async #over(key: string, program: typeof standardizing): Promise<void> {
    if (this.#standardized.length === 0) return
    const make = () => this.#model.compileTraining!(program(this.#standardized))
    await this.#compile(key, make).run({})
  }

  #compile(key: string, make: () => Executable): Executable {
    const executable = this.#compiled.get(key) ?? make()
    this.#compiled.set(key, executable)
    return executable
  }
}

/** What is trained of a weight: itself, or its raw form. */
export const trainedName = (weight: string, isStandardized: boolean): string =>
  isStandardized ? rawName(weight) : weight

function checkSize(name: string, shape: Weight['shape'], values?: { length: number }): void {
  const size = shape[0] * shape[1]
  if (values?.length === size) return
  throw new ArgumentError(`${name} must have ${size} values, not ${values?.length}.`)
}

const notFinite = (step: number, what: string) =>
  new NumericError(
    `Training came to values that are not finite at update ${step} (${what}). Begin again with a lower learning rate, a longer warm-up, or a smaller limit of the gradients' norm.`,
  )

/** As few parts as possible of at most `most`, and as equal as possible. */
const evenParts = <T>(list: readonly T[], most: number) =>
  parts(list, Math.ceil(list.length / Math.ceil(list.length / most)))

function* parts<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size)
}
