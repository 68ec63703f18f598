import type { ViTConfig } from './config.ts'
import type { Dim } from './dims.ts'

/**
 * What a stored tensor is. The tables of names say which tensor fills which slot; this file says
 * where each slot lies in our weights. In a file there is one tensor per slot, or per slot and block.
 */
export type Slot = keyof typeof places

/** A rectangle of a weight; `#` stands for the number of the block. */
export interface Place {
  readonly weight: string
  readonly rows: Dim | 1
  readonly columns: Dim | 1
  /** Where it begins; 0 by default. */
  readonly row?: 'class' | 'distillation'
  readonly column?: Dim
}

const vector = (weight: string, columns: Dim): Place => ({ weight, rows: 1, columns })
const kernel = (weight: string, rows: Dim, columns: Dim): Place => ({ weight, rows, columns })
const block = (name: string) => `blocks.#.${name}`

const query = {
  kernel: kernel(block('query.kernel'), 'D', 'D'),
  bias: vector(block('query.bias'), 'D'),
}
const key = {
  kernel: kernel(block('key_value.kernel'), 'D', 'D'),
  bias: vector(block('key_value.bias'), 'D'),
}
const value = {
  kernel: { ...key.kernel, column: 'D' },
  bias: { ...key.bias, column: 'D' },
} as const satisfies Record<string, Place>

/** A fused tensor holds its places one after the other. */
export const places = {
  'patch.kernel': [kernel('patch.kernel', 'I', 'D')],
  'patch.bias': [vector('patch.bias', 'D')],
  class: [{ weight: 'prefix', rows: 1, columns: 'D', row: 'class' }],
  distillation: [{ weight: 'prefix', rows: 1, columns: 'D', row: 'distillation' }],
  position: [{ weight: 'position', rows: 'P', columns: 'D' }],
  'norm1.scale': [vector(block('norm1.scale'), 'D')],
  'norm1.bias': [vector(block('norm1.bias'), 'D')],
  'query.kernel': [query.kernel],
  'query.bias': [query.bias],
  'key.kernel': [key.kernel],
  'key.bias': [key.bias],
  'value.kernel': [value.kernel],
  'value.bias': [value.bias],
  'qkv.kernel': [query.kernel, key.kernel, value.kernel],
  'qkv.bias': [query.bias, key.bias, value.bias],
  'proj.kernel': [kernel(block('proj.kernel'), 'D', 'D')],
  'proj.bias': [vector(block('proj.bias'), 'D')],
  'norm2.scale': [vector(block('norm2.scale'), 'D')],
  'norm2.bias': [vector(block('norm2.bias'), 'D')],
  'fc1.kernel': [kernel(block('fc1.kernel'), 'D', 'M')],
  'fc1.bias': [vector(block('fc1.bias'), 'M')],
  'fc2.kernel': [kernel(block('fc2.kernel'), 'M', 'D')],
  'fc2.bias': [vector(block('fc2.bias'), 'D')],
  'norm.scale': [vector('norm.scale', 'D')],
  'norm.bias': [vector('norm.bias', 'D')],
  'fc_norm.scale': [vector('norm.scale', 'D')],
  'fc_norm.bias': [vector('norm.bias', 'D')],
  'pre_logits.kernel': [kernel('pre_logits.kernel', 'D', 'R')],
  'pre_logits.bias': [vector('pre_logits.bias', 'R')],
  'head.kernel': [kernel('head.kernel', 'F', 'K')],
  'head.bias': [vector('head.bias', 'K')],
  'head_dist.kernel': [kernel('head_dist.kernel', 'D', 'K')],
  'head_dist.bias': [vector('head_dist.bias', 'K')],
} satisfies Record<string, readonly Place[]>

/** Slots that not every model has. */
const conditions: Partial<Record<Slot, (config: ViTConfig) => boolean>> = {
  class: (config) => config.classToken,
  distillation: (config) => config.distilled,
  'query.bias': (config) => config.qkvBias,
  'key.bias': (config) => config.qkvBias,
  'value.bias': (config) => config.qkvBias,
  'qkv.bias': (config) => config.qkvBias,
  'norm.scale': (config) => !config.normAfterPool,
  'norm.bias': (config) => !config.normAfterPool,
  'fc_norm.scale': (config) => config.normAfterPool,
  'fc_norm.bias': (config) => config.normAfterPool,
  'pre_logits.kernel': (config) => config.representation > 0,
  'pre_logits.bias': (config) => config.representation > 0,
  'head.kernel': (config) => config.classes > 0,
  'head.bias': (config) => config.classes > 0,
  'head_dist.kernel': (config) => config.classes > 0 && config.distilled,
  'head_dist.bias': (config) => config.classes > 0 && config.distilled,
}

/** Does a model of this config have this slot? */
export function hasSlot(slot: Slot, config: ViTConfig): boolean {
  return conditions[slot]?.(config) ?? true
}

/** A config may leave out what comes after the features, and nothing else. */
export const isOptional = (slot: Slot) => /^(pre_logits|head|head_dist)\./.test(slot)

/** Is this a matrix, which PyTorch stores transposed? */
export const isKernel = (slot: Slot) => slot.endsWith('.kernel')
