import type { EncoderConfig } from './config.ts'
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
const block = (name: string) => `blocks.#.${name}`

/** Places by their slots, which TypeScript does not see in names that are put together. */
type Places<Slots extends string> = Record<Slots, readonly Place[]>

/** The slots of a linear layer. */
const linear = <Name extends string>(name: Name, weight: string, rows: Dim, columns: Dim) => {
  const places: Places<string> = {
    [`${name}.kernel`]: [{ weight: `${weight}.kernel`, rows, columns }],
    [`${name}.bias`]: [vector(`${weight}.bias`, columns)],
  }
  return places as Places<`${Name}.kernel` | `${Name}.bias`>
}

/** The slots of a layer norm. */
const norm = <Name extends string>(name: Name, weight: string) => {
  const places: Places<string> = {
    [`${name}.scale`]: [vector(`${weight}.scale`, 'D')],
    [`${name}.bias`]: [vector(`${weight}.bias`, 'D')],
  }
  return places as Places<`${Name}.scale` | `${Name}.bias`>
}

const query = linear('query', block('query'), 'D', 'D')
const key = linear('key', block('key_value'), 'D', 'D')
const right = (all: readonly Place[]) => all.map((place): Place => ({ ...place, column: 'D' }))
const value = {
  'value.kernel': right(key['key.kernel']),
  'value.bias': right(key['key.bias']),
}

/** A fused tensor holds its places one after the other. */
export const places = {
  ...linear('patch', 'patch', 'I', 'D'),
  class: [{ weight: 'prefix', rows: 1, columns: 'D', row: 'class' }],
  distillation: [{ weight: 'prefix', rows: 1, columns: 'D', row: 'distillation' }],
  position: [{ weight: 'position', rows: 'P', columns: 'D' }],
  ...norm('norm1', block('norm1')),
  ...query,
  ...key,
  ...value,
  'qkv.kernel': [...query['query.kernel'], ...key['key.kernel'], ...value['value.kernel']],
  'qkv.bias': [...query['query.bias'], ...key['key.bias'], ...value['value.bias']],
  ...linear('proj', block('proj'), 'D', 'D'),
  ...norm('norm2', block('norm2')),
  ...linear('fc1', block('fc1'), 'D', 'M'),
  ...linear('fc2', block('fc2'), 'M', 'D'),
  ...norm('norm', 'norm'),
  ...norm('fc_norm', 'norm'),
  ...linear('pre_logits', 'pre_logits', 'D', 'R'),
  ...linear('head', 'head', 'F', 'K'),
  ...linear('head_dist', 'head_dist', 'D', 'K'),
} satisfies Record<string, readonly Place[]>

/** Slots that not every model has, by their names before the dot. */
const conditions: Readonly<Record<string, (config: EncoderConfig) => boolean>> = {
  class: (config) => config.classToken,
  distillation: (config) => config.distilled,
  norm: (config) => !config.normAfterPool,
  fc_norm: (config) => config.normAfterPool,
  pre_logits: (config) => config.representation > 0,
  head: (config) => config.classes > 0,
  head_dist: (config) => config.classes > 0 && config.distilled,
}

/** Does a model of this config have this slot? */
export function hasSlot(slot: Slot, config: EncoderConfig): boolean {
  if (/^(query|key|value|qkv)\.bias$/.test(slot)) return config.qkvBias
  return conditions[slot.split('.')[0]!]?.(config) ?? true
}

/** A config may leave out what comes after the features, and nothing else. */
export const isOptional = (slot: Slot) => /^(pre_logits|head|head_dist)\./.test(slot)

/** Is this a matrix, which PyTorch stores transposed? */
export const isKernel = (slot: Slot) => slot.endsWith('.kernel')
