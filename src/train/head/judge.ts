import type { Evaluation } from '../evaluation/evaluation.ts'
import { Tally } from '../evaluation/tally.ts'
import type { Numbered } from './examples.ts'
import type { LinearHead } from './linear-head.ts'
import { Turn } from './turn.ts'

/** How well a head does on pictures; mistakes are named by their ids. */
export async function judge(
  head: LinearHead,
  examples: readonly Numbered[],
  signal?: AbortSignal,
): Promise<Evaluation> {
  const tally = new Tally({ classes: head.labels.length })
  const turn = new Turn()
  for (const { id, feature, label } of examples) {
    if (turn.isOver) await turn.give(signal)
    tally.add({ name: id, label }, head.logits(feature))
  }
  return tally.result()
}
