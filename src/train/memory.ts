import { MemoryError } from '../errors.ts'
import type { LoRA } from '../program/training/lora.ts'
import type { Weight } from '../program/values.ts'
import type { Freeze } from './freeze.ts'
import { type TrainerOptions, trainingPrograms } from './trainer.ts'

/** What is kept in JavaScript beside the backend's memory, for each parameter that is trained, in bytes. */
export interface Copies {
  /** The best weights so far. */
  readonly best: number
  /** The average of the weights, and the weights themselves while it is evaluated. */
  readonly average: number
}

export interface MemoryOptions
  extends Pick<TrainerOptions, 'backend' | 'program' | 'standardized' | 'optimizer'> {
  readonly freeze: Freeze
  /** The adapters that are trained instead, if any. */
  readonly lora?: LoRA | undefined
  /** What is trained, for any value of `freeze`. */
  trainsWith(freeze: Freeze): (weight: string) => boolean
  /** The blocks of the model. */
  readonly depth: number
  /** How many images are computed together if memory suffices. */
  readonly images: number
  readonly copies: Copies
  /** Of the machine; undefined where it is not known. */
  readonly machineBytes: number | undefined
}

/** What training takes, in bytes. */
export interface Need {
  readonly weights: number
  readonly gradients: number
  /** What the optimiser keeps. */
  readonly state: number
  /** Values of the images that are computed together, and what products of them take. */
  readonly values: number
  readonly images: number
  /** The most that the backend has for all of these. */
  readonly limit: number
  /** Copies in JavaScript. */
  readonly copies: readonly (readonly [name: string, bytes: number])[]
}

/** Bytes of a value. */
const FLOAT = 4

/**
 * How many images are computed together: as many as wanted, or fewer if memory is short.
 * @throws MemoryError where not even one fits, with the arithmetic and what would fit; nothing was allocated
 */
export function fittingImages(options: MemoryOptions): number {
  const { backend, freeze, machineBytes } = options
  if (!backend.trainingMemory) return options.images
  for (let { images } = options; ; images = Math.ceil(images / 2)) {
    const need = needOf(options, freeze, images)
    if (fits(need, machineBytes)) return images
    if (images === 1) throw new MemoryError(refusal(options, need))
  }
}

/** Computes what training takes, without taking it. */
export function needOf(options: MemoryOptions, freeze: Freeze, images: number): Need {
  const { copies } = options
  const programs = trainingPrograms({ ...options, trains: options.trainsWith(freeze) })
  const { weights, run, limit } = options.backend.trainingMemory!(
    programs.weights,
    programs.training,
    images,
  )
  const valuesOf = (all: readonly Weight[]) =>
    all.reduce((sum, { shape: [rows, columns] }) => sum + rows * columns, 0)
  const parameters = valuesOf(programs.trained)
  const gradients =
    FLOAT * valuesOf(programs.weights.filter(({ name }) => name.endsWith('.gradient')))
  const state = FLOAT * valuesOf(programs.state)
  return {
    ...{ weights: weights - gradients - state, gradients, state, values: run, images, limit },
    copies: [
      ['a copy of the weights while they are read and saved', FLOAT * parameters],
      ['best weights so far', copies.best * parameters],
      ['their average', copies.average * parameters],
    ],
  }
}

const inBackend = ({ weights, gradients, state, values }: Need) =>
  weights + gradients + state + values

const inAll = (need: Need) =>
  inBackend(need) + need.copies.reduce((sum, [, bytes]) => sum + bytes, 0)

const fits = (need: Need, machineBytes = Number.POSITIVE_INFINITY) =>
  inBackend(need) <= need.limit && inAll(need) <= machineBytes

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`

/** The arithmetic of what does not fit, and what does. */
function refusal(options: MemoryOptions, need: Need): string {
  const { backend, freeze, lora, machineBytes } = options
  const parts: [string, number][] = [
    ['weights', need.weights],
    ['gradients', need.gradients],
    ['state of the optimizer', need.state],
    ['values of one picture', need.values],
  ]
  const tooMuch = inBackend(need) > need.limit
  if (!tooMuch) parts.push(...(need.copies as [string, number][]))
  const sum = parts
    .filter(([, bytes]) => bytes > 0)
    .map(([name, bytes]) => `${gibibytes(bytes)} of ${name}`)
    .join(' + ')
  const whole = tooMuch
    ? `${gibibytes(inBackend(need))} of the memory of ${backend.name}, which ends at ${gibibytes(need.limit)}`
    : `${gibibytes(inAll(need))} of memory, and this machine has ${gibibytes(machineBytes!)}`
  const what = lora ? `adapters of rank ${lora.rank}` : `freeze ${freeze}`
  return `Training with ${what} takes ${whole}: ${sum}. ${waysOut(options, need)}`
}

function waysOut(options: MemoryOptions, need: Need): string {
  const tooMuch = inBackend(need) > need.limit
  const { freeze, lora, machineBytes, copies } = options
  const ways: string[] = []
  const suffices = (freeze: Freeze) => {
    const less = needOf(options, freeze, 1)
    return fits(less, machineBytes) ? less : undefined
  }
  const offer = (freeze: Freeze, words: string) => {
    const less = suffices(freeze)
    const bytes = less && (tooMuch ? inBackend(less) : inAll(less))
    if (bytes) ways.push(`freeze ${freeze} (${words}, ${gibibytes(bytes)})`)
  }
  if (!lora && freeze !== 'backbone') {
    const fewest = fewestFrozen(options, (blocks) => suffices(blocks) !== undefined)
    if (fewest !== undefined) offer(fewest, `of ${options.depth} blocks`)
    offer('backbone', 'only a new head is trained')
    ways.push('lora, which trains small matrices beside frozen ones')
  }
  ways.push('a smaller imageSize')
  if (options.optimizer.rule.kind === 'adamw') ways.push('optimizer sgd')
  if (!tooMuch && copies.best > 0) ways.push('select last')
  if (!tooMuch && copies.average > 0) ways.push('no ema')
  return `What takes less: ${ways.join('; ')}.`
}

/** The fewest first blocks that must be frozen; more than are frozen now. */
function fewestFrozen(
  { freeze, depth }: MemoryOptions,
  suffices: (blocks: number) => boolean,
): number | undefined {
  let [low, high] = [(typeof freeze === 'number' ? freeze : 0) + 1, depth]
  if (low > high || !suffices(high)) return undefined
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (suffices(middle)) high = middle
    else low = middle + 1
  }
  return low
}
