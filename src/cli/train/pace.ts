import type { TrainEvent, TrainStart } from '../../train/events.ts'

/** An average is taken over at least so many updates, and so many seconds of them. */
const UPDATES = 10
const SECONDS = 20

/** How fast a run is, and how long it takes yet. */
export interface Speed {
  /** Pictures of updates in a second, with all that is done for them. */
  readonly imagesPerSecond: number
  /** Also of the evaluations that are still to come. */
  readonly secondsLeft: number
}

/** Measures a run by its latest updates, since a machine may become faster or slower on the way. */
export class Pace {
  readonly #now: () => number
  #start: TrainStart | undefined
  /** Seconds of the latest updates. */
  readonly #updates: number[] = []
  /** When the last update, or an evaluation after it, ended. */
  #mark = 0
  /** Seconds for each picture of an evaluation, once there was one. */
  #evaluating: number | undefined

  /** @param now milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#mark = now()
  }

  /** @returns the speed after an update; undefined for other events */
  take(event: TrainEvent): Speed | undefined {
    if (event.type === 'start') this.#start = event
    if (event.type === 'evaluating') this.#evaluated(event)
    if (event.type === 'start' || event.type === 'evaluation') this.#mark = this.#now()
    if (event.type !== 'step' || !this.#start) return undefined
    const updates = this.#updates
    updates.push(this.#sinceMark())
    this.#mark = this.#now()
    const isEnough = (list: readonly number[]) => list.length >= UPDATES && sum(list) >= SECONDS
    while (isEnough(updates.slice(1))) updates.shift()
    return this.#speed(this.#start, event.step)
  }

  #sinceMark(): number {
    return (this.#now() - this.#mark) / 1000
  }

  #evaluated({ done }: { readonly done: number }): void {
    this.#evaluating = this.#sinceMark() / done
  }

  #speed({ batch, totalSteps, evalEvery, pictures }: TrainStart, step: number): Speed {
    const each = sum(this.#updates) / this.#updates.length
    // An update is three passes through the model, an evaluation one.
    const evaluating = this.#evaluating ?? each / batch / 3
    const checked =
      pictures.test + pictures.validation * evaluationsFrom(step, totalSteps, evalEvery)
    return {
      imagesPerSecond: batch / each,
      secondsLeft: (totalSteps - step) * each + checked * evaluating,
    }
  }
}

/** How many evaluations there are from an update on: those that are due, and one in the end. */
const evaluationsFrom = (step: number, totalSteps: number, every: number): number =>
  every === 0
    ? 1
    : Math.floor(totalSteps / every) -
      Math.floor((step - 1) / every) +
      Number(totalSteps % every !== 0)

const sum = (list: readonly number[]) => list.reduce((total, one) => total + one, 0)
