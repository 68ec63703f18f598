import type { Tools } from '../family.ts'
import { patchesOf, visionFacts } from '../vision/tools.ts'
import { countOf } from '../vit/tools.ts'
import type { DualConfig } from './config.ts'
import { dualTargets } from './targets.ts'

/** What commands need of models of images and texts. */
export const dualTools: Tools<DualConfig> = {
  targets: dualTargets,
  told: () => [],
  patches: patchesOf,
  variantOf: () => undefined,
  facts,
  columns: [],
}

function facts(config: DualConfig): (readonly [name: string, text: string])[] {
  const { embedding, textDepth, textWidth, textHeads, textMlpWidth, vocabulary } = config
  const count = (number: number) => number.toLocaleString('en-US')
  const texts: [string, string][] =
    textDepth === 0
      ? [['text tower', 'none in this file']]
      : [
          [
            'text tower',
            `width ${textWidth}, ${countOf(textDepth, 'block')}, ${countOf(textHeads, 'head')}, MLP ${textMlpWidth}, ${config.textActivation}${config.causal ? ', causal' : ''}`,
          ],
          ['texts', `${config.maxLength} tokens at most of ${count(vocabulary)} pieces`],
        ]
  return [...visionFacts(config), ['embedding', String(embedding)], ...texts]
}
