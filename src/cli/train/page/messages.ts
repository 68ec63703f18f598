/**
 * What a page shows of a run, and the messages that it is made of. The command applies them and sends them; the page
 * applies the same. Everything goes through JSON, so there is no NaN in it.
 */

/** What a run is. */
export interface RunFacts {
  /** What it began with, for people. */
  readonly model: string
  readonly dataset: string
  readonly labels: readonly string[]
  readonly pictures: { readonly train: number; readonly validation: number; readonly test: number }
  readonly batch: number
  readonly totalSteps: number
  /** Updates that were made before: what came after them is made again. */
  readonly done: number
}

/** How well pictures were classified. Classes are numbers. */
export interface EvaluationFacts {
  readonly split: string
  /** After which update; undefined outside of a run. */
  readonly step?: number | undefined
  readonly pictures: number
  readonly accuracy: number
  readonly accuracyAmongAll?: number | undefined
  readonly top5?: number | undefined
  readonly loss: number
  /** By class: its pictures, those that were recognised, all that were taken for it. */
  readonly classes: readonly (readonly [pictures: number, right: number, taken: number])[]
  readonly confused: readonly (readonly [label: number, predicted: number, count: number])[]
  readonly mistakes: readonly MistakeFacts[]
}

export interface MistakeFacts {
  readonly name: string
  readonly label: number
  readonly predicted: number
  readonly probability: number
  readonly loss: number
  /** A `data:` URL */
  readonly thumbnail?: string | undefined
}

/** A point of the curves of an evaluation. */
export interface Score {
  readonly step: number
  readonly accuracy: number
  readonly loss: number
  readonly pictures: number
}

export interface StepFacts {
  readonly step: number
  readonly loss: number
  readonly learningRate: number
  readonly imagesPerSecond: number
}

export type Message =
  | { readonly type: 'run'; readonly run: RunFacts }
  | ({ readonly type: 'step'; readonly secondsLeft?: number } & StepFacts)
  | ({ readonly type: 'score' } & Score)
  | {
      readonly type: 'evaluating'
      readonly split: string
      readonly done: number
      readonly total: number
    }
  | { readonly type: 'evaluation'; readonly evaluation: EvaluationFacts }
  | { readonly type: 'end'; readonly how: 'finished' | 'stopped'; readonly reason?: string }

/** All that a page shows. */
export interface RunRecord {
  run?: RunFacts | undefined
  /** The names of the classes. */
  labels: readonly string[]
  readonly steps: StepFacts[]
  readonly scores: Score[]
  /** The latest evaluation of each split. */
  evaluations: Record<string, EvaluationFacts>
  state: State
}

export interface State {
  readonly phase: 'begins' | 'trains' | 'evaluates' | 'finished' | 'stopped'
  readonly secondsLeft?: number | undefined
  readonly evaluating?: { readonly split: string; readonly done: number; readonly total: number }
  readonly reason?: string | undefined
}

export const emptyRecord = (labels: readonly string[] = []): RunRecord => ({
  labels,
  steps: [],
  scores: [],
  evaluations: {},
  state: { phase: 'begins' },
})

/** Brings a record up to date. */
export function apply(record: RunRecord, message: Message): void {
  const { state } = record
  switch (message.type) {
    case 'run':
      record.run = message.run
      record.labels = message.run.labels
      cutAfter(record.steps, message.run.done)
      cutAfter(record.scores, message.run.done)
      record.state = { phase: 'begins' }
      break
    case 'step': {
      const { type: _, secondsLeft, ...facts } = message
      cutAfter(record.steps, facts.step - 1)
      record.steps.push(facts)
      record.state = { phase: 'trains', secondsLeft }
      break
    }
    case 'score': {
      const { type: _, ...score } = message
      cutAfter(record.scores, score.step - 1)
      record.scores.push(score)
      break
    }
    case 'evaluating': {
      const { type: _, ...evaluating } = message
      record.state = { phase: 'evaluates', secondsLeft: state.secondsLeft, evaluating }
      break
    }
    case 'evaluation':
      record.evaluations[message.evaluation.split] = message.evaluation
      if (state.phase === 'evaluates') {
        record.state = { phase: 'trains', secondsLeft: state.secondsLeft }
      }
      break
    case 'end':
      record.state = { phase: message.how, reason: message.reason }
  }
}

/** A run that goes on makes updates again that it had made before it was interrupted. */
function cutAfter(points: { readonly step: number }[], step: number): void {
  while (points.length > 0 && points.at(-1)!.step > step) points.pop()
}
