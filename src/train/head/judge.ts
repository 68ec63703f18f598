import type { Evaluation, Mistake } from '../evaluate.ts'
import type { Numbered } from './examples.ts'
import type { LinearHead } from './linear-head.ts'
import { Turn } from './turn.ts'

/** The most wrong pictures that are named. */
const MISTAKES = 100

/** How well a head does on pictures; mistakes are named by their ids. */
export async function judge(
  head: LinearHead,
  examples: readonly Numbered[],
  signal?: AbortSignal,
): Promise<Evaluation> {
  const classes = head.labels.length
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  const mistakes: Mistake[] = []
  const turn = new Turn()
  let [right, loss] = [0, 0]
  for (const { id, feature, label } of examples) {
    if (turn.isOver) await turn.give(signal)
    const logits = head.logits(feature)
    const top = logits.reduce((one, other) => Math.max(one, other))
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - top), 0)
    const predicted = logits.indexOf(top)
    confusion[label]![predicted]!++
    loss += Math.log(sum) + top - logits[label]!
    if (predicted === label) right++
    else {
      const probability = Math.exp(logits[label]! - top) / sum
      mistakes.push({ name: id, label, predicted, probability })
    }
  }
  mistakes.sort((one, other) => one.probability - other.probability)
  return {
    pictures: examples.length,
    accuracy: examples.length === 0 ? 0 : right / examples.length,
    loss: examples.length === 0 ? 0 : loss / examples.length,
    confusion,
    mistakes: mistakes.slice(0, MISTAKES),
  }
}
