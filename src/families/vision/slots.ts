import type { VisionTower } from './config.ts'
import type { Dim } from './dims.ts'

/**
 * What a stored tensor is. The tables of names say which tensor fills which slot; this file says where each slot lies
 * in the weights of the program. In a file there is one tensor per slot, or per slot and block.
 */
export type Slot = keyof typeof places

/** A rectangle of a weight; `#` stands for the number of the block. */
export interface Place {
  readonly weight: string
  readonly rows: Dim | 1
  readonly columns: Dim | 1
  /** Where it begins; 0 by default. */
  readonly row?: 'classes'
  readonly column?: Dim
}

/** Places by their slots, which TypeScript does not see in names that are put together. */
type Places<Slots extends string> = Record<Slots, readonly Place[]>

const vector = (weight: string, columns: Dim): Place => ({ weight, rows: 1, columns })
const block = (name: string) => `blocks.#.${name}`

function linear<Name extends string>(
  name: Name,
  weight: string,
  rows: Dim,
  columns: Dim,
  column?: Dim,
) {
  const at = column ? { column } : {}
  const places: Places<string> = {
    [`${name}.kernel`]: [{ weight: `${weight}.kernel`, rows, columns, ...at }],
    [`${name}.bias`]: [{ ...vector(`${weight}.bias`, columns), ...at }],
  }
  return places as Places<`${Name}.kernel` | `${Name}.bias`>
}

function norm<Name extends string>(name: Name, weight: string, columns: Dim = 'D') {
  const places: Places<string> = {
    [`${name}.scale`]: [vector(`${weight}.scale`, columns)],
    [`${name}.bias`]: [vector(`${weight}.bias`, columns)],
  }
  return places as Places<`${Name}.scale` | `${Name}.bias`>
}

/** Queries, keys and values of an attention, apart and one after the other. */
const query = linear('query', block('query'), 'D', 'D')
const key = linear('key', block('key_value'), 'D', 'D')
const value = linear('value', block('key_value'), 'D', 'D', 'D')
const mapQuery = linear('map.query', 'map.query', 'D', 'D')
const mapBoth = linear('map.key_value', 'map.key_value', 'D', '2D')
const mapKey = linear('map.key', 'map.key_value', 'D', 'D')
const mapValue = linear('map.value', 'map.key_value', 'D', 'D', 'D')

/** A fused tensor holds its places one after the other. */
export const places = {
  ...linear('patch', 'patch', 'I', 'D'),
  // Of patches that come flattened: the kernel is a matrix already.
  'flat_patch.kernel': [{ weight: 'patch.kernel', rows: 'I', columns: 'D' }],
  ...norm('patch_norm', 'patch_norm'),
  class: [{ weight: 'prefix', rows: 1, columns: 'D' }],
  registers: [{ weight: 'prefix', rows: 'R', columns: 'D', row: 'classes' }],
  position: [{ weight: 'position', rows: 'P', columns: 'D' }],
  ...norm('norm_pre', 'norm_pre'),
  ...norm('norm1', block('norm1')),
  ...query,
  ...key,
  ...value,
  'qkv.kernel': [...query['query.kernel'], ...key['key.kernel'], ...value['value.kernel']],
  'qkv.bias': [...query['query.bias'], ...key['key.bias'], ...value['value.bias']],
  // DINOv3's own files multiply that by a mask.
  'masked_qkv.bias': [...query['query.bias'], ...key['key.bias'], ...value['value.bias']],
  qkv_mask: [],
  relative_positions: [{ weight: block('relative_positions'), rows: 'O', columns: 'H' }],
  ...norm('attention_norm', block('attention_norm')),
  ...linear('proj', block('proj'), 'D', 'D'),
  layer_scale1: [vector(block('layer_scale1'), 'D')],
  ...norm('norm2', block('norm2')),
  ...linear('fc1', block('fc1'), 'D', 'W'),
  ...linear('gate', block('fc1'), 'D', 'M'),
  ...linear('up', block('fc1'), 'D', 'M', 'M'),
  ...norm('mlp_norm', block('mlp_norm'), 'M'),
  ...linear('fc2', block('fc2'), 'M', 'D'),
  layer_scale2: [vector(block('layer_scale2'), 'D')],
  ...norm('norm', 'norm'),
  ...norm('fc_norm', 'norm'),
  'map.probe': [{ weight: 'map.probe', rows: 1, columns: 'D' }],
  ...mapQuery,
  ...mapBoth,
  ...mapKey,
  ...mapValue,
  'map.qkv.kernel': [...mapQuery['map.query.kernel'], ...mapBoth['map.key_value.kernel']],
  'map.qkv.bias': [...mapQuery['map.query.bias'], ...mapBoth['map.key_value.bias']],
  ...linear('map.proj', 'map.proj', 'D', 'D'),
  ...norm('map.norm', 'map.norm'),
  ...linear('map.fc1', 'map.fc1', 'D', 'mM'),
  ...linear('map.fc2', 'map.fc2', 'mM', 'D'),
  'projection.kernel': [{ weight: 'projection.kernel', rows: 'D', columns: 'E' }],
  ...linear('head', 'head', 'F', 'K'),
  // Stored [in, out] by publishers whose other kernels are [out, in].
  'projection.matrix': [{ weight: 'projection.kernel', rows: 'D', columns: 'E' }],
  'head.matrix': [{ weight: 'head.kernel', rows: 'F', columns: 'K' }],
  // The class token's part of a kernel, then that of the mean.
  'both_heads.kernel': [
    { weight: 'head.kernel', rows: 'D', columns: 'K' },
    { weight: 'head_mean.kernel', rows: 'D', columns: 'K' },
  ],
} satisfies Record<string, readonly Place[]>

const hasMap = (config: VisionTower) => config.classifier === 'map'

/** Slots that not every model has, by their names before `.kernel`, `.bias` and `.scale`. */
const conditions: Readonly<Record<string, (config: VisionTower) => boolean>> = {
  patch_norm: (config) => config.patchNorm,
  class: (config) => config.classToken,
  registers: (config) => config.registers > 0,
  position: (config) => config.positions,
  norm_pre: (config) => config.preNorm,
  relative_positions: (config) => config.relativePositions,
  attention_norm: (config) => config.attentionNorm,
  qkv_mask: (config) => config.qkvBias === true,
  layer_scale1: (config) => config.layerScale,
  layer_scale2: (config) => config.layerScale,
  mlp_norm: (config) => config.mlpNorm,
  norm: (config) => config.finalNorm === 'tokens',
  fc_norm: (config) => config.finalNorm === 'pooled',
  projection: (config) => config.projection > 0,
  head: (config) => config.classes > 0,
  both_heads: (config) => config.classes > 0 && config.classifier === 'token_gap',
}

const biasesOfBlocks = new Set(['proj', 'fc1', 'gate', 'up', 'fc2'])

/** Does a model of this config have this slot? */
export function hasSlot(slot: Slot, config: VisionTower): boolean {
  const [layer, part] = splitSlot(slot)
  if (part === 'bias') {
    if (layer === 'patch') return config.patchBias
    if (layer === 'query' || layer === 'value') return config.qkvBias !== false
    if (/^(key|(masked_)?qkv)$/.test(layer)) return config.qkvBias === true
    if (biasesOfBlocks.has(layer)) return config.bias
    if (isNorm(layer) && config.norm === 'rms') return false
  }
  if (slot === 'head.kernel' && config.classifier === 'token_gap') return false
  if (layer.startsWith('map.')) return hasMap(config)
  return conditions[layer]?.(config) ?? true
}

/** `map.query.kernel` into `map.query` and `kernel`. */
export function splitSlot(slot: string): readonly [layer: string, part: string] {
  const found = /^(.*)\.(kernel|matrix|bias|scale)$/.exec(slot)
  return found ? [found[1]!, found[2]!] : [slot, '']
}

const isNorm = (layer: string) => /norm[12]?$|^norm_pre$/.test(layer)

/** A config may leave out the head and nothing else. */
export const isOptional = (slot: Slot) => /^(head|both_heads)\./.test(slot)

/** Is this a matrix, which PyTorch stores transposed? */
export const isKernel = (slot: Slot) => slot.endsWith('.kernel')
