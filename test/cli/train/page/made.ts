import { evaluationFacts } from '../../../../src/cli/train/page/facts.ts'
import {
  apply,
  emptyRecord,
  type Message,
  type RunRecord,
} from '../../../../src/cli/train/page/messages.ts'
import { Tally } from '../../../../src/train/evaluation/tally.ts'
import { random } from '../../../random.ts'

/** What a page must never take for markup. */
export const evil = '</script><script>alert(1)</script><!--<script><img src=x onerror=alert(1)>"&'

/** A run of so many updates that is going on, as messages. */
export async function messagesOfRun(updates = 40, classes = 6): Promise<Message[]> {
  const labels = Array.from({ length: classes }, (_, i) => (i === 1 ? `bee ${evil}` : `class ${i}`))
  const pictures = { train: 900, validation: 60, test: 80 }
  const facts = { model: 'Ti_16', dataset: 'photos', batch: 32, totalSteps: 60, done: 0 }
  const messages: Message[] = [{ type: 'run', run: { ...facts, labels, pictures } }]
  const next = random(5)
  for (let step = 1; step <= updates; step++) {
    const loss = 2 * Math.exp(-step / 20) + 0.3 * next()
    messages.push({
      type: 'step',
      step,
      loss,
      learningRate: 0.03 * (1 - step / 60),
      imagesPerSecond: 20 + next(),
      secondsLeft: 60 - step,
    })
    if (step % 20 === 0) {
      messages.push({ type: 'score', step, accuracy: 0.5 + step / 100, loss: 0.8, pictures: 60 })
      const evaluation = await evaluated(classes, 60, step)
      messages.push({ type: 'evaluation', evaluation })
    }
  }
  return messages
}

export async function evaluated(classes: number, count: number, step?: number) {
  const next = random(11)
  const tally = new Tally({ classes, mistakes: 50 })
  for (let i = 0; i < count; i++) {
    const label = i % classes
    const logits = Float32Array.from(
      { length: classes },
      (_, k) => next() + Number(k === label) / 2,
    )
    // The picture with a name like markup is among the most wrong ones.
    if (i === 3) logits[label] = -9
    const name = i === 3 ? `photos/${evil}.png` : `photos/${i}.png`
    tally.add({ name, label }, logits)
  }
  const result = tally.result()
  const mistakes = result.mistakes.map((mistake) => {
    const data = Uint8Array.from({ length: 16 * 11 * 3 }, () => 255 * next())
    return { ...mistake, thumbnail: { width: 16, height: 11, data } }
  })
  return evaluationFacts({ ...result, mistakes }, 'validation', step)
}

export function recordOf(messages: readonly Message[]): RunRecord {
  const record = emptyRecord()
  for (const message of messages) apply(record, message)
  return record
}
