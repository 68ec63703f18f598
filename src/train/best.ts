import type { Evaluation } from './evaluation/evaluation.ts'

/** How well the weights after an update did on the validation pictures. */
export interface Score {
  /** The number of the update. */
  readonly step: number
  /** How many validation pictures there were. */
  readonly pictures: number
  /** The share that was right, 0 to 1. */
  readonly accuracy: number
  /** The mean cross entropy. */
  readonly loss: number
}

/** What decides between two evaluations. */
type Judged = Pick<Evaluation, 'pictures' | 'accuracy' | 'loss'>

export const scoreOf = (step: number, { pictures, accuracy, loss }: Judged): Score => ({
  ...{ step, pictures, accuracy, loss },
})

/** The weights of a run that did best on the validation pictures: the highest accuracy, of equals the lowest loss. */
export class Best {
  readonly #keeps: boolean
  #score: Score | undefined
  #parameters: Map<string, Float32Array> | undefined

  /** @param keeps whether copies of the best weights are kept, or only the score */
  constructor(keeps: boolean) {
    this.#keeps = keeps
  }

  /** Undefined before the first evaluation. */
  get score(): Score | undefined {
    return this.#score
  }

  /** Copies of what was trained; undefined where none are kept. */
  get parameters(): ReadonlyMap<string, Float32Array> | undefined {
    return this.#parameters
  }

  /**
   * Compares weights with the best so far.
   * @param parameters copied if they are better
   * @returns whether they are better
   */
  offer(step: number, evaluation: Judged, parameters: ReadonlyMap<string, Float32Array>): boolean {
    const { pictures, accuracy, loss } = evaluation
    if (pictures === 0) return false
    const best = this.#score
    const isWorse = best && accuracy < best.accuracy
    const isEqual = best && accuracy === best.accuracy && loss >= best.loss
    if (isWorse || isEqual) return false
    this.#score = scoreOf(step, evaluation)
    this.#keep(parameters)
    return true
  }

  /** Takes over what a saved state says. */
  restore(score: Score, parameters: ReadonlyMap<string, Float32Array>): void {
    this.#score = score
    this.#keep(parameters)
  }

  /** Into the memory of the copies before, where there are any. */
  #keep(parameters: ReadonlyMap<string, Float32Array>): void {
    if (!this.#keeps) return
    this.#parameters ??= new Map()
    for (const [name, values] of parameters) {
      const kept = this.#parameters.get(name)
      if (kept?.length === values.length) kept.set(values)
      else this.#parameters.set(name, values.slice())
    }
  }
}
