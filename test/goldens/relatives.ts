import type { Backend } from '../../src/backends/backend.ts'
import type { AnyConfig } from '../../src/families/architectures.ts'
import { sharedF32, sharedF64, sharedJSON } from '../shared.ts'
import { assertWithin, openModel, toNHWC } from './model.ts'

// What timm and transformers compute from small random checkpoints of the ViT's relatives, in float64.
const BOUND = 5e-5

interface Case {
  name: string
  checkpoint: string
  config?: string
  inputs: Record<string, { file: string; shape: [number, number, number, number] }>
  outputs: Record<string, { float64: { file: string }; bound?: number }>
}

/** A golden model, and what is compared. */
export interface Row {
  readonly golden: 'families/timm' | 'families/huggingface' | 'timm' | 'huggingface'
  readonly name: string
  readonly config?: Partial<AnyConfig>
  /** Our value for each of theirs. */
  readonly outputs: Readonly<Record<string, string>>
}

const last = 'blocks.1.fc2'
const normed = { block0: 'blocks.0.fc2', tokens: 'norm', pooled: 'features', logits: 'logits' }
/** A norm after pooling, or none. */
const unnormed = { ...normed, tokens: last }
const { logits: _, ...headless } = normed
const hidden = { block0: 'blocks.0.fc2', last_hidden_state: 'norm', pooler_output: 'features' }
const classes = { block0: 'blocks.0.fc2', logits: 'logits' }

const timm = (name: string, outputs: Row['outputs'], config?: Partial<AnyConfig>): Row => ({
  golden: 'families/timm',
  name,
  outputs,
  ...(config && { config }),
})
const transformers = (name: string, outputs: Row['outputs']): Row => ({
  golden: 'families/huggingface',
  name,
  outputs,
})

export const rows: readonly Row[] = [
  timm('deit3', normed),
  timm('sbb_reg4_gap', unnormed),
  timm('so150m', normed),
  timm('flexivit', normed),
  timm('dinov2_reg4', normed),
  timm('dinov2_reg4_resized', normed),
  timm('dinov3', normed, { imageSize: [32, 32] }),
  timm('dinov3_qkvb', normed, { imageSize: [16, 32] }),
  timm('dinov3_plus', normed, { imageSize: [32, 32] }),
  timm('eva02_tiny', unnormed),
  timm('eva02_base', unnormed),
  timm('eva02_clip', normed),
  timm('sbb_rope', unnormed),
  timm('sbb_rope_nobias', unnormed),
  timm('beitv2', unnormed),
  timm('siglip_erf', headless),
  timm('siglip_tanh', headless),
  timm('so400m', headless),
  timm('gopt', headless),
  timm('pe_core', normed),
  timm('pe_spatial', unnormed),
  timm('aimv2', normed),
  transformers('dinov3', hidden),
  transformers('dinov3_gated', hidden),
  transformers('dinov2_registers_classification', classes),
  transformers('beit_classification', classes),
  transformers('ijepa_classification', classes),
  transformers('vit_msn_classification', classes),
  { golden: 'timm', name: 'dinov2', outputs: headless, config: { heads: 3 } },
  { golden: 'timm', name: 'dinov2_reg4_swiglu', outputs: normed, config: { heads: 3 } },
  { golden: 'timm', name: 'vit_reg4_gap', outputs: unnormed, config: { heads: 3 } },
  {
    golden: 'timm',
    name: 'siglip_map',
    outputs: normed,
    config: { heads: 3, activation: 'gelu_erf' },
  },
  {
    golden: 'timm',
    name: 'clip_quickgelu',
    outputs: normed,
    config: { heads: 3, activation: 'quick_gelu', eps: 1e-5, rope: 'none' },
  },
  { golden: 'huggingface', name: 'dinov2_classification', outputs: { logits: 'logits' } },
  {
    golden: 'timm',
    name: 'npz_big_vision_map',
    outputs: { logits_tanh: 'logits' },
  },
  {
    golden: 'timm',
    name: 'npz_big_vision_map',
    outputs: { logits_erf: 'logits', tokens_erf: 'norm' },
    config: { activation: 'gelu_erf' },
  },
  {
    golden: 'huggingface',
    name: 'dinov2_registers',
    outputs: { last_hidden_state: 'norm', pooler_output: 'features' },
  },
  {
    golden: 'huggingface',
    name: 'dinov2',
    outputs: { last_hidden_state: 'norm', pooler_output: 'features' },
  },
  {
    golden: 'huggingface',
    name: 'dinov2_swiglu',
    outputs: { last_hidden_state: 'norm', pooler_output: 'features' },
  },
]

/**
 * Compares a model with its golden.
 * @param least the bound of all values is at least this
 */
export async function compareRelative(backend: Backend, row: Row, least = 0): Promise<void> {
  const { golden, name, config, outputs } = row
  const root = `golden/${golden}`
  const found = sharedJSON<{ cases: Case[] }>(`${root}/golden.json`).cases.find(
    (one) => one.name === name,
  )!
  const { file, shape } = (found.inputs.pixels ?? found.inputs.pixel_values)!
  const imageSize = [shape[2], shape[3]] as const
  const model = await openModel(
    `${root}/${found.checkpoint}`,
    backend,
    { ...config, imageSize } as Partial<AnyConfig>,
    {},
    found.config && `${root}/${found.config}`,
  )
  const values = await model.run(
    toNHWC(sharedF32(`${root}/${file}`), model.config.imageSize),
    Object.values(outputs),
  )
  for (const [theirs, ours] of Object.entries(outputs)) {
    const { float64, bound = BOUND } = found.outputs[theirs]!
    const expected = sharedF64(`${root}/${float64.file}`)
    assertWithin(values[ours]!, expected, Math.max(least, bound), theirs)
  }
}
