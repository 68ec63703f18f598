import type { TrainEvent } from '../../train/events.ts'
import { note } from '../output.ts'
import { rightOf } from '../view/evaluation.ts'
import { type ProgressBar, progressBar } from '../view/progress.ts'
import { countOf, formatCount, formatSeconds } from '../view/units.ts'
import type { Speed } from './pace.ts'

/** Without a terminal a line is written so often, in milliseconds. */
const LINE_EVERY = 30_000

/** The loss is shown as the mean of so many updates. */
const LOSSES = 10

/** What a run shows on stderr: a bar, or a line now and then where there is no terminal; every evaluation. */
export class TrainProgress {
  readonly #training: ProgressBar
  readonly #evaluating: ProgressBar
  readonly #losses: number[] = []
  #said = performance.now()

  private constructor(training: ProgressBar, evaluating: ProgressBar) {
    this.#training = training
    this.#evaluating = evaluating
  }

  static async open(): Promise<TrainProgress> {
    return new TrainProgress(await progressBar('training'), await progressBar('evaluating'))
  }

  /** @param speed after an update */
  take(event: TrainEvent, speed: Speed | undefined): void {
    if (event.type === 'start') this.#begin(event)
    else if (event.type === 'step' && speed) this.#stepped(event, speed)
    else if (event.type === 'evaluating') {
      const { done, total, split } = event
      this.#training.stop()
      const which = split === 'test' ? 'test' : 'held-out'
      this.#evaluating.update(
        done,
        total,
        `  ${formatCount(done)} of ${countOf(total, 'picture')} (${which})`,
      )
    } else if (event.type === 'evaluation') {
      this.stop()
      const best = event.isBest ? ', the best so far' : ''
      note(`update ${event.step}: ${rightOf(event.evaluation)} held-out pictures right${best}`)
    }
  }

  stop(): void {
    this.#training.stop()
    this.#evaluating.stop()
  }

  #begin({ pictures, labels, totalSteps, batch }: TrainEvent & { type: 'start' }): void {
    const { train, validation, test } = pictures
    const counts = [
      `${formatCount(train)} to train on`,
      `${formatCount(validation)} held out`,
      `${formatCount(test)} for the test`,
    ]
    note(
      `${countOf(labels.length, 'class', 'classes')}; pictures: ${counts.join(', ')}; ${countOf(totalSteps, 'update')} of ${batch}`,
    )
  }

  #stepped(
    { step, totalSteps, loss }: TrainEvent & { type: 'step' },
    { imagesPerSecond, secondsLeft }: Speed,
  ): void {
    this.#evaluating.stop()
    this.#losses.push(loss)
    if (this.#losses.length > LOSSES) this.#losses.shift()
    const mean = this.#losses.reduce((sum, one) => sum + one, 0) / this.#losses.length
    const rate = imagesPerSecond < 100 ? imagesPerSecond.toPrecision(3) : imagesPerSecond.toFixed(0)
    const detail = `loss ${mean.toFixed(3)}, ${rate} pictures/s, ${formatSeconds(secondsLeft)} left`
    this.#training.update(step, totalSteps, `  ${detail}`)
    const now = performance.now()
    if (process.stderr.isTTY || now - this.#said < LINE_EVERY) return
    this.#said = now
    note(`update ${step} of ${totalSteps}: ${detail}`)
  }
}
