import type { Evaluation, Mistake } from './evaluation.ts'

export interface TallyOptions {
  readonly classes: number
  /** Where the logits of the classes are among those of a model that has more; by default it has no more. */
  readonly places?: readonly number[] | undefined
  /** How many of the most wrong pictures are kept; 50 by default. */
  readonly mistakes?: number | undefined
}

/** A picture of known class, as far as a tally needs it. */
export interface Judged {
  readonly name: string
  readonly label: number
}

/** Above that, a matrix of all pairs of classes takes more memory than it is worth. */
const MOST_ROWS = 2000

/** Counts right and wrong answers, one picture after another. */
export class Tally {
  readonly #classes: number
  readonly #places: readonly number[] | undefined
  readonly #most: number
  /** By `label * classes + predicted`: of most pairs there is nothing to count. */
  readonly #counts = new Map<number, number>()
  readonly #mistakes: Mistake[] = []
  #pictures = 0
  #right = 0
  #rightAmongAll = 0
  #inTop5 = 0
  #loss = 0

  constructor({ classes, places, mistakes = 50 }: TallyOptions) {
    this.#classes = classes
    this.#places = places
    this.#most = mistakes
  }

  /**
   * @param all the model's logits, finite
   * @returns what is kept of the picture, if it is among the most wrong ones so far
   */
  add({ name, label }: Judged, all: Float32Array): Mistake | undefined {
    const places = this.#places
    const logits = places ? Float32Array.from(places, (place) => all[place]!) : all
    if (places && placeOfLargest(all) === places[label]) this.#rightAmongAll++
    const predicted = placeOfLargest(logits)
    const top = logits[predicted]!
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - top), 0)
    const loss = Math.log(sum) + top - logits[label]!
    const key = label * this.#classes + predicted
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    this.#pictures++
    this.#loss += loss
    this.#inTop5 += Number(rankOf(label, logits) < 5)
    if (predicted === label) this.#right++
    if (predicted === label || !this.#isWrongEnough(loss)) return undefined
    const mistake = { name, label, predicted, probability: 1 / sum, loss }
    this.#keep(mistake)
    return mistake
  }

  result(): Evaluation {
    const pictures = this.#pictures
    const classes = Array.from({ length: this.#classes }, (_, i) => ({
      label: i,
      all: 0,
      taken: 0,
    }))
    const hasRows = this.#classes <= MOST_ROWS
    const confusion = Array.from({ length: hasRows ? this.#classes : 0 }, () =>
      new Array<number>(this.#classes).fill(0),
    )
    const confused: { label: number; predicted: number; count: number }[] = []
    for (const [key, count] of this.#counts) {
      const [label, predicted] = this.#pairOf(key)
      classes[label]!.all += count
      classes[predicted]!.taken += count
      if (hasRows) confusion[label]![predicted] = count
      if (label !== predicted) confused.push({ label, predicted, count })
    }
    confused.sort((a, b) => b.count - a.count || a.label - b.label || a.predicted - b.predicted)
    return {
      pictures,
      accuracy: this.#right / pictures,
      accuracyAmongAll: this.#places && this.#rightAmongAll / pictures,
      top5: this.#classes > 5 ? this.#inTop5 / pictures : undefined,
      loss: this.#loss / pictures,
      classes: classes.map(({ label, all, taken }) => {
        const right = this.#counts.get(label * this.#classes + label) ?? 0
        return { pictures: all, recall: right / all, precision: right / taken }
      }),
      confusion,
      confused,
      mistakes: [...this.#mistakes],
    }
  }

  #pairOf(key: number): [label: number, predicted: number] {
    return [Math.floor(key / this.#classes), key % this.#classes]
  }

  #isWrongEnough(loss: number): boolean {
    return this.#mistakes.length < this.#most || loss > (this.#mistakes.at(-1)?.loss ?? Infinity)
  }

  /** Puts a mistake at its place, the highest loss first; of equal ones the earlier. */
  #keep(mistake: Mistake): void {
    const at = this.#mistakes.findIndex(({ loss }) => loss < mistake.loss)
    this.#mistakes.splice(at < 0 ? this.#mistakes.length : at, 0, mistake)
    this.#mistakes.length = Math.min(this.#mistakes.length, this.#most)
  }
}

const placeOfLargest = (logits: Float32Array): number =>
  logits.indexOf(logits.reduce((most, logit) => Math.max(most, logit)))

/** How many classes are more probable; of equally probable ones the first counts as more. */
function rankOf(label: number, logits: Float32Array): number {
  const own = logits[label]!
  let rank = 0
  for (let i = 0; i < logits.length; i++) {
    if (logits[i]! > own || (logits[i] === own && i < label)) rank++
  }
  return rank
}
