import type { Tools } from '../family.ts'
import { patchGrid } from '../vit/grid.ts'
import { countOf, encoderFacts } from '../vit/tools.ts'
import { featureGrid, type HybridConfig, strideOf, transformerOf } from './config.ts'
import { hybridTargets } from './targets.ts'
import { hybrids, hybridVariants } from './variants.ts'

const structure = [
  'units',
  'stemWidth',
  'width',
  'depth',
  'heads',
  'mlpWidth',
  'classifier',
  'patchSize',
] as const

const unitsText = ({ units }: HybridConfig) => units.join('+') || 'stem'

/** What commands need of hybrids. */
export const hybridTools: Tools<HybridConfig> = {
  targets: hybridTargets,
  told: ({ classifier }) =>
    classifier.endsWith('unpooled') ? ['imageSize', 'classifier'] : ['imageSize'],
  patches(config) {
    const stride = strideOf(config.units)
    const [height, width] = config.patchSize
    return { size: [height * stride, width * stride], grid: patchGrid(transformerOf(config)) }
  },
  variantOf: (config) =>
    hybrids.find(({ name }) => {
      const published = hybridVariants.variantConfig(name)
      return structure.every((key) => String(published[key]) === String(config[key]))
    })?.name,
  facts(config) {
    const { units, stemWidth, imageSize, patchSize, channels, groups, groupEps } = config
    const total = units.reduce((sum, count) => sum + count, 0)
    const stages = total > 0 ? `, ${countOf(total, 'unit')} in stages of ${units.join(', ')}` : ''
    const [main, ...others] = encoderFacts(config)
    return [
      main!,
      ['ResNet', `stem of ${stemWidth} channels${stages}`],
      [
        'input',
        `${imageSize.join(' x ')} px, ${channels === 1 ? 'grey' : 'RGB'}; features of ${featureGrid(config).join(' x ')} in patches of ${patchSize.join(' x ')}`,
      ],
      ...others,
      ['group norm', `${groups} groups, eps ${groupEps.toExponential()}`],
      [
        'kernels',
        `standardised, eps ${config.kernelEps.toExponential()} on the ${config.kernelEpsOn}`,
      ],
    ]
  },
  columns: [
    { key: 'units', title: 'ResNet', value: unitsText },
    { key: 'width', title: 'width', value: ({ width }) => width },
    { key: 'depth', title: 'depth', value: ({ depth }) => depth },
    { key: 'heads', title: 'heads', value: ({ heads }) => heads },
    { key: 'mlpWidth', title: 'MLP', value: ({ mlpWidth }) => mlpWidth },
    { key: 'patch', title: 'patch', value: ({ patchSize }) => patchSize[0] },
    { key: 'classifier', title: 'classifier', value: ({ classifier }) => classifier },
  ],
}
