import type { ViTConfig } from '../../src/families/vit/config.ts'

const plain: ViTConfig = {
  family: 'vit',
  imageSize: [32, 32],
  channels: 3,
  patchSize: [8, 8],
  width: 48,
  depth: 2,
  heads: 3,
  mlpWidth: 96,
  classifier: 'token',
  classToken: true,
  distilled: false,
  representation: 0,
  classes: 10,
  gelu: 'erf',
  eps: 1e-6,
  qkvBias: true,
  normAfterPool: false,
}

const variations: Record<string, Partial<ViTConfig>> = {
  'class token, erf': {},
  'tanh, pre_logits': { gelu: 'tanh', representation: 28 },
  'global average pool': { classifier: 'gap', classToken: false },
  'norm after the pool': { classifier: 'gap', classToken: false, normAfterPool: true },
  'class token and pool': { classifier: 'gap' },
  unpooled: { classifier: 'unpooled', classToken: false },
  'class token, unpooled': { classifier: 'token_unpooled' },
  'distilled, no qkv bias': { distilled: true, qkvBias: false },
  'no head': { classes: 0 },
  'odd sizes': {
    ...{ imageSize: [35, 23], patchSize: [7, 5], width: 15, heads: 5, mlpWidth: 13, classes: 17 },
    ...{ eps: 1e-12, depth: 1 },
  },
  'one patch, one head, width 1': {
    ...{ imageSize: [3, 4], patchSize: [3, 4], width: 1, heads: 1, mlpWidth: 1, classes: 1 },
  },
  'the official testing model': {
    ...{ imageSize: [224, 224], patchSize: [16, 16], width: 10, heads: 2, mlpWidth: 10, depth: 1 },
  },
  'heads wider than a panel': { width: 66, heads: 2, mlpWidth: 130, classes: 33, depth: 1 },
}

/** Small models of every kind that a config can name. */
export const configs: Record<string, ViTConfig> = Object.fromEntries(
  Object.entries(variations).map(([name, overrides]) => [name, { ...plain, ...overrides }]),
)
