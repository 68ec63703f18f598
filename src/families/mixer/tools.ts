import type { Tools } from '../family.ts'
import { countOf } from '../vit/tools.ts'
import { countPatches, type MixerConfig, patchWindow } from './config.ts'
import { mixerTargets } from './targets.ts'
import { mixers, mixerVariants } from './variants.ts'

const structure = ['width', 'depth', 'tokenMlpWidth', 'mlpWidth', 'patchSize'] as const

/** What commands need of Mixers. */
export const mixerTools: Tools<MixerConfig> = {
  targets: mixerTargets,
  told: () => ['imageSize'],
  patches: (config) => ({ size: config.patchSize, grid: patchWindow(config).outputs }),
  variantOf: (config) =>
    mixers.find(({ name }) => {
      const published = mixerVariants.variantConfig(name)
      return structure.every((key) => String(published[key]) === String(config[key]))
    })?.name,
  facts(config) {
    const { width, depth, tokenMlpWidth, mlpWidth, imageSize, patchSize, classes } = config
    return [
      [
        'structure',
        `width ${width}, ${countOf(depth, 'block')}, MLP ${tokenMlpWidth} over tokens and ${mlpWidth} over channels`,
      ],
      [
        'input',
        `${imageSize.join(' x ')} px in ${countOf(countPatches(config), 'patch', 'patches')} of ${patchSize.join(' x ')} (${config.padding}), ${config.channels === 1 ? 'grey' : 'RGB'}`,
      ],
      ['classifier', `gap, ${classes > 0 ? countOf(classes, 'class', 'classes') : 'no head'}`],
      ['GELU, eps', `${config.gelu}, ${config.eps.toExponential()}`],
    ]
  },
  columns: [
    { key: 'width', title: 'width', value: ({ width }) => width },
    { key: 'depth', title: 'depth', value: ({ depth }) => depth },
    { key: 'tokenMlpWidth', title: 'token MLP', value: ({ tokenMlpWidth }) => tokenMlpWidth },
    { key: 'mlpWidth', title: 'MLP', value: ({ mlpWidth }) => mlpWidth },
    { key: 'patch', title: 'patch', value: ({ patchSize }) => patchSize[0] },
  ],
}
