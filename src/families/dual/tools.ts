import type { Tools } from '../family.ts'
import { patchesOf, visionFacts } from '../vision/tools.ts'
import { patchGrid } from '../vit/grid.ts'
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

/** Its images have a grid each, for which the positions are resized. */
function inputOfAnySize({ patchSize, ...config }: DualConfig): [name: string, text: string] {
  const [down, across] = patchGrid({ ...config, patchSize })
  return [
    'input',
    `any aspect ratio in patches of ${patchSize.join(' x ')}, RGB; positions of ${down} x ${across} patches`,
  ]
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
  const images = visionFacts(config).map(([name, text]) =>
    name === 'input' && config.family === 'naflex'
      ? inputOfAnySize(config)
      : ([name, text] as const),
  )
  return [...images, ['embedding', String(embedding)], ...texts]
}
