import { test } from 'uvu'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { sharedF32, sharedF64, sharedJSON, sharedTest } from '../shared.ts'
import { allBackends, assertWithin, openModel, toNHWC } from './model.ts'

// What timm, torchvision and transformers compute from small random checkpoints, in float64.
const BOUND = 5e-5

interface Array64 {
  float64: { file: string }
}
interface Golden {
  cases: {
    name: string
    checkpoint: string
    inputs: Record<string, { file: string }>
    outputs: Record<string, Array64>
  }[]
}

interface Row {
  library: 'timm' | 'huggingface' | 'torchvision'
  name: string
  config?: Partial<ViTConfig>
  resample?: 'timm-npz'
  input?: string
  /** Our value for each of theirs. */
  outputs?: Record<string, string>
}

const blockValues = { block0: 'blocks.0.fc2', logits: 'logits' }

const rows: Row[] = [
  {
    library: 'timm',
    name: 'vit_cls',
    outputs: { ...blockValues, tokens: 'norm', pooled: 'features' },
  },
  {
    library: 'timm',
    name: 'vit_gap_fcnorm',
    outputs: { ...blockValues, tokens: 'blocks.1.fc2', pooled: 'features' },
  },
  {
    library: 'timm',
    name: 'vit_gap_nofcnorm',
    outputs: { ...blockValues, tokens: 'norm', pooled: 'features' },
  },
  {
    library: 'timm',
    name: 'vit_nonsquare',
    config: { imageSize: [24, 40] },
    outputs: { ...blockValues, tokens: 'norm' },
  },
  { library: 'timm', name: 'vit_no_qkv_bias', outputs: { ...blockValues, tokens: 'norm' } },
  { library: 'timm', name: 'deit_distilled', outputs: { ...blockValues, tokens: 'norm' } },
  {
    library: 'timm',
    name: 'vit_cls_resized',
    config: { imageSize: [48, 48] },
    outputs: { ...blockValues, tokens: 'norm' },
  },
  { library: 'timm', name: 'npz_classic', outputs: { logits_tanh: 'logits' } },
  {
    library: 'timm',
    name: 'npz_classic',
    config: { gelu: 'erf' },
    outputs: { logits_erf: 'logits', tokens_erf: 'norm' },
  },
  {
    library: 'timm',
    name: 'npz_classic_resized',
    config: { imageSize: [48, 48] },
    resample: 'timm-npz',
    outputs: { logits_tanh: 'logits' },
  },
  { library: 'torchvision', name: 'vit', outputs: { logits: 'logits', tokens: 'norm' } },
  { library: 'torchvision', name: 'vit_representation', config: { heads: 2 } },
  { library: 'huggingface', name: 'vit_classification' },
  {
    library: 'huggingface',
    name: 'vit_classification',
    config: { imageSize: [48, 40] },
    input: 'larger',
    outputs: { interpolated_logits: 'logits' },
  },
  { library: 'huggingface', name: 'deit_teacher' },
  {
    library: 'huggingface',
    name: 'vit_model_pooler',
    outputs: { last_hidden_state: 'norm', pooler_output: 'features' },
  },
  { library: 'huggingface', name: 'vit_no_qkv_bias', config: { gelu: 'tanh', eps: 1e-6 } },
]

for (const backend of await allBackends()) {
  for (const row of rows) {
    const note = row.resample ?? row.config?.gelu ?? ''
    sharedTest(
      `${row.library} ${row.name} ${note} on ${backend.description.split(':')[0]}`,
      async () => {
        const root = `golden/${row.library}`
        const golden = sharedJSON<Golden>(`${root}/golden.json`)
        const found = golden.cases.find(({ name }) => name === row.name)!
        const model = await openModel(
          `${root}/${found.checkpoint}`,
          backend,
          { heads: 3, ...row.config },
          row.resample ? { resample: row.resample } : {},
        )
        const input = row.input ?? Object.keys(found.inputs)[0]!
        const pixels = toNHWC(
          sharedF32(`${root}/${found.inputs[input]!.file}`),
          model.config.imageSize,
        )
        const outputs = row.outputs ?? { logits: 'logits' }
        const values = await model.run(pixels, Object.values(outputs))
        for (const [theirs, ours] of Object.entries(outputs)) {
          const expected = sharedF64(`${root}/${found.outputs[theirs]!.float64.file}`)
          assertWithin(values[ours]!, expected, BOUND, theirs)
        }
      },
    )
  }
}

test.run()
