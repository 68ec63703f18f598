import type { Backend, Executable, Model, RunOptions } from '../backends/backend.ts'
import { ArgumentError, NumericError, UnsupportedError } from '../errors.ts'
import { concatenate } from '../model/vectors.ts'
import { withOutputs } from '../program/passes/outputs.ts'
import { withoutUnusedRows } from '../program/passes/rows.ts'
import type { Program } from '../program/program.ts'
import { gradientName, withGradients } from '../program/training/gradients.ts'
import {
  rawName,
  type StandardizedKernel,
  standardizing,
  standardizingGradients,
} from '../program/training/standardized-kernels.ts'
import type { Weight } from '../program/values.ts'
import { parametersInBackend, stateWeights } from './parameters/in-backend.ts'
import { parametersInJavaScript } from './parameters/in-javascript.ts'
import type { Parameters, Tensors } from './parameters/parameters.ts'
import { type Optimizer, stateNames } from './recipe/optimizer.ts'
import type { Schedule } from './recipe/schedule.ts'

/** A picture as the model takes it, and the probabilities that it should answer with. */
export interface Sample {
  /** `[height, width, channels]`, normalised */
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
  readonly optimizer: Optimizer
  readonly learningRate: Schedule
  /** The most that the global norm of the gradients may be; Infinity for no limit. */
  readonly clip: number
  /** Images of one run: what is computed together, and kept for the backward pass. */
  readonly together: number
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
  /** What is trained; of standardised kernels the raw form. */
  readonly #trained: readonly Weight[]
  readonly #parameters: Parameters
  readonly #compiled = new Map<string, Executable>()
  readonly #standardized: readonly StandardizedKernel[]
  #steps = 0

  /** @throws UnsupportedError where the backend does not train; ArgumentError where nothing is trained */
  constructor(options: TrainerOptions) {
    const { backend, program, trains, optimizer } = options
    this.#options = options
    this.#logits = withoutUnusedRows(withOutputs(program, ['logits']))
    this.#standardized = options.standardized.filter(({ weight }) => trains(weight.name))
    const { weights } = withGradients(this.#logits, { trains, share: 1, adds: false })
    const raw = this.#standardized.flatMap(({ weight: { shape, name } }): Weight[] =>
      [rawName(name), gradientName(rawName(name))].map((name) => ({ name, shape, role: 'kernel' })),
    )
    const isStandardized = new Set(this.#standardized.map(({ weight }) => weight.name))
    this.#trained = program.weights
      .filter(({ name }) => trains(name))
      .map((weight) => ({
        ...weight,
        name: trainedName(weight.name, isStandardized.has(weight.name)),
      }))
    const state = backend.updates ? stateWeights(this.#trained, optimizer.rule) : []
    this.#model = backend.createModel([...weights, ...raw, ...state])
    if (!this.#model.compileTraining || !this.#model.read) {
      this.#model.dispose()
      throw new UnsupportedError(`The backend ${backend.name} does not train.`)
    }
    const keep = this.#model.compileUpdates ? parametersInBackend : parametersInJavaScript
    this.#parameters = keep(this.#model, this.#trained, optimizer)
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
    await this.#parameters.restore(parameters, state)
    this.#steps = steps
    await this.#over('kernels', standardizing)
  }

  /**
   * One update by the mean loss of a batch.
   * @throws NumericError where the loss or a gradient is not finite; the parameters are then as before. Where the update
   *   itself fails, the backend refuses the parameters until `restore`.
   */
  async step(batch: readonly Sample[], options: RunOptions = {}): Promise<Step> {
    const losses = await this.#backward(batch, options)
    const loss = losses.reduce((sum, value) => sum + value, 0) / batch.length
    const norm = await this.#parameters.norm()
    const step = this.#steps + 1
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw notFinite(step, loss)
    const learningRate = this.#options.learningRate(this.#steps)
    const { clip: most } = this.#options
    const clip = norm < most ? undefined : { norm, most }
    await this.#parameters.update({ learningRate, step, clip })
    this.#steps = step
    await this.#over('kernels', standardizing)
    return { step, loss, norm, learningRate }
  }

  /**
   * The logits of pictures.
   * @returns `[pictures, classes]`
   */
  async logits(pictures: readonly Float32Array[], options: RunOptions = {}): Promise<Float32Array> {
    const results: Float32Array[] = []
    for (const part of parts(pictures, this.#options.together)) {
      const executable = this.#compile(`logits ${part.length}`, () =>
        this.#model.compile(this.#logits, { images: part.length }),
      )
      results.push((await executable.run({ pixels: concatenate(part) }, options)).logits!)
    }
    return concatenate(results)
  }

  dispose(): void {
    this.#compiled.clear()
    this.#model.dispose()
  }

  /** Computes the gradients of a batch. @returns the loss of each image */
  async #backward(batch: readonly Sample[], options: RunOptions): Promise<number[]> {
    const losses: number[] = []
    for (const part of parts(batch, this.#options.together)) {
      const adds = losses.length > 0
      const executable = this.#compile(`${batch.length} ${part.length} ${adds}`, () => {
        const { trains } = this.#options
        const program = withGradients(this.#logits, { trains, share: 1 / batch.length, adds })
        return this.#model.compileTraining!(program, { images: part.length })
      })
      const pixels = concatenate(part.map((sample) => sample.pixels))
      const targets = concatenate(part.map((sample) => sample.targets))
      const { loss } = await executable.run({ pixels, targets }, options)
      losses.push(...loss!)
    }
    await this.#over('gradients', standardizingGradients)
    return losses
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

const notFinite = (step: number, loss: number) =>
  new NumericError(
    `Training came to values that are not finite at update ${step} (loss ${loss}). Try a lower baseLr, more warmupSteps, or a smaller gradNormClip.`,
  )

function* parts<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size)
}
