import type { Tools } from '../family.ts'
import type { EncoderConfig, ViTConfig } from './config.ts'
import { patchGrid } from './grid.ts'
import { vitTargets } from './targets.ts'
import { variantConfig, variants } from './variants.ts'

const structure = ['width', 'depth', 'heads', 'mlpWidth', 'classifier', 'patchSize'] as const

/** What commands need of ViTs. */
export const vitTools: Tools<ViTConfig> = {
  targets: vitTargets,
  told: ({ classifier }) =>
    classifier.endsWith('unpooled') ? ['imageSize', 'classifier'] : ['imageSize'],
  patches: (config) => ({ size: config.patchSize, grid: patchGrid(config) }),
  variantOf: (config) =>
    variants.find(({ name }) => {
      const published = variantConfig(name)
      return structure.every((key) => String(published[key]) === String(config[key]))
    })?.name,
  facts,
  columns: [
    { key: 'width', title: 'width', value: ({ width }) => width },
    { key: 'depth', title: 'depth', value: ({ depth }) => depth },
    { key: 'heads', title: 'heads', value: ({ heads }) => heads },
    { key: 'mlpWidth', title: 'MLP', value: ({ mlpWidth }) => mlpWidth },
    { key: 'patch', title: 'patch', value: ({ patchSize }) => patchSize[0] },
    { key: 'classifier', title: 'classifier', value: ({ classifier }) => classifier },
  ],
}

function facts(config: ViTConfig): Facts {
  const { imageSize, patchSize } = config
  const channels = config.channels === 1 ? 'grey' : 'RGB'
  const [main, ...others] = encoderFacts(config)
  return [
    main!,
    ['input', `${imageSize.join(' x ')} px in patches of ${patchSize.join(' x ')}, ${channels}`],
    ...others,
  ]
}

type Facts = ReturnType<Tools['facts']>

/** What a config says of the transformer and its head. */
export function encoderFacts(config: EncoderConfig): Facts {
  const { width, depth, heads, mlpWidth, classes, representation } = config
  const head = classes > 0 ? countOf(classes, 'class', 'classes') : 'no head'
  const special = [
    representation > 0 && `pre_logits of ${representation}`,
    config.distilled && 'distilled',
    !config.qkvBias && 'no qkv bias',
    config.normAfterPool && 'norm after pooling',
  ].filter((text) => text !== false)
  return [
    [
      'structure',
      `width ${width}, ${countOf(depth, 'block')}, ${countOf(heads, 'head')}, MLP ${mlpWidth}`,
    ],
    ['classifier', [config.classifier, head, ...special].join(', ')],
    ['GELU, eps', `${config.gelu}, ${config.eps.toExponential()}`],
  ]
}

export const countOf = (count: number, one: string, more = `${one}s`) =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : more}`
