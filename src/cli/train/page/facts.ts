import { encodePNG } from '../../../image/encode.ts'
import type { RGBImage } from '../../../image/image.ts'
import type { Evaluation } from '../../../train/evaluation/evaluation.ts'
import type { TrainEvent } from '../../../train/events.ts'
import type { Speed } from '../pace.ts'
import type { EvaluationFacts, Message, MistakeFacts } from './messages.ts'

/**
 * What an event is to a page.
 * @param model what the run began with, for people
 * @param speed after an update
 */
export async function messagesOf(
  event: TrainEvent,
  model: string,
  speed: Speed | undefined,
): Promise<readonly Message[]> {
  switch (event.type) {
    case 'start': {
      const { type: _, evalEvery: __, ...run } = event
      return [{ type: 'run', run: { model, ...run } }]
    }
    case 'step': {
      const { step, loss, learningRate, imagesPerSecond } = event
      const left = speed && { secondsLeft: speed.secondsLeft }
      return [{ type: 'step', step, loss, learningRate, imagesPerSecond, ...left }]
    }
    case 'evaluating': {
      const { split, done, total } = event
      return [{ type: 'evaluating', split, done, total }]
    }
    case 'evaluation': {
      const { step, evaluation } = event
      const { accuracy, loss, pictures } = evaluation
      // Without pictures there is no accuracy.
      if (pictures === 0) return []
      const facts = await evaluationFacts(evaluation, 'validation', step)
      return [
        { type: 'score', step, accuracy, loss, pictures },
        { type: 'evaluation', evaluation: facts },
      ]
    }
    default:
      return []
  }
}

/** @param step after which update; undefined outside of a run */
export async function evaluationFacts(
  evaluation: Evaluation,
  split: string,
  step?: number,
): Promise<EvaluationFacts> {
  const { pictures, accuracy, accuracyAmongAll, top5, loss, classes, confused } = evaluation
  const taken = classes.map(({ pictures, recall }) => Math.round(pictures * recall) || 0)
  const right = [...taken]
  for (const { predicted, count } of confused) taken[predicted]! += count
  const mistakes: MistakeFacts[] = []
  for (const { thumbnail, ...mistake } of evaluation.mistakes) {
    const picture = thumbnail && { thumbnail: await dataUrlOf(thumbnail) }
    mistakes.push({ ...mistake, ...picture })
  }
  return {
    split,
    step,
    pictures,
    accuracy,
    accuracyAmongAll,
    top5,
    loss,
    classes: classes.map((one, i) => [one.pictures, right[i]!, taken[i]!]),
    confused: confused.map(({ label, predicted, count }) => [label, predicted, count]),
    mistakes,
  }
}

async function dataUrlOf(image: RGBImage): Promise<string> {
  const bytes = await encodePNG(image)
  return `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`
}
