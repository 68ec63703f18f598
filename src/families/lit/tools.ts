import type { Tools } from '../family.ts'
import { vitTools } from '../vit/tools.ts'
import { imageTower, type LiTConfig } from './config.ts'
import { litTargets } from './targets.ts'
import { litVariants } from './variants.ts'

const structure = [
  'width',
  'depth',
  'heads',
  'mlpWidth',
  'classifier',
  'patchSize',
  'embedding',
  'imageHead',
  'textTower',
  'textWidth',
  'textDepth',
  'textHeads',
  'textMlpWidth',
  'textHead',
] as const

const towers = { bert: 'BERT', transformer: 'transformer' } as const

/** What commands need of LiTs. */
export const litTools: Tools<LiTConfig> = {
  targets: litTargets,
  told: (config) => [
    ...vitTools.told(imageTower(config)),
    'maxLength',
    ...(config.textTower === 'bert' ? ['textHeads'] : []),
  ],
  patches: (config) => vitTools.patches(imageTower(config)),
  variantOf: (config) =>
    litVariants.variants.find(({ name }) => {
      const published = litVariants.variantConfig(name)
      return structure.every((key) => String(published[key]) === String(config[key]))
    })?.name,
  facts,
  columns: [
    {
      key: 'image',
      title: 'image',
      value: (config) => vitTools.variantOf(imageTower(config)) ?? '',
    },
    { key: 'embedding', title: 'embedding', value: ({ embedding }) => embedding },
    { key: 'textTower', title: 'text', value: ({ textTower }) => towers[textTower] },
    { key: 'textWidth', title: 'width', value: ({ textWidth }) => textWidth },
    { key: 'textDepth', title: 'depth', value: ({ textDepth }) => textDepth },
  ],
}

function facts(config: LiTConfig): (readonly [name: string, text: string])[] {
  const { embedding, imageHead, textTower, textWidth, textDepth, textHeads, textMlpWidth } = config
  const { vocabulary, maxLength, textHead, classifier } = config
  const head = (has: boolean) => (has ? 'with a head' : 'without a head')
  const count = (number: number) => number.toLocaleString('en-US')
  return [
    ...vitTools
      .facts(imageTower(config))
      .map(([name, text]): [string, string] =>
        name === 'classifier' ? [name, `${classifier}, classes are texts`] : [name, text],
      ),
    ['embedding', `${embedding}, images ${head(imageHead)}, texts ${head(textHead)}`],
    [
      'text tower',
      `${towers[textTower]}, width ${textWidth}, ${textDepth} blocks, ${textHeads} heads, MLP ${textMlpWidth}`,
    ],
    ['texts', `${maxLength} tokens at most of ${count(vocabulary)} pieces`],
  ]
}
