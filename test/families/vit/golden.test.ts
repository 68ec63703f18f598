import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { CheckpointError, UnsupportedError } from '../../../src/errors.ts'
import type { ViTConfig } from '../../../src/families/vit/config.ts'
import { readAll, rejects } from '../../checkpoint/collect.ts'
import { loadCheckpoint } from '../../checkpoint/loading.ts'
import { simpleF32, simpleNpz, simpleSafetensors } from '../../checkpoint/simple.ts'
import { sharedBytes, sharedJSON, sharedPath, sharedTest } from '../../shared.ts'
import { planViT } from './plan-vit.ts'

const open = (path: string) => openCheckpoint(sharedPath(`golden/${path}`))

const plain: Record<string, { overrides?: Partial<ViTConfig>; expected: Partial<ViTConfig> }> = {
  'official/token': { expected: { imageSize: [35, 35], patchSize: [7, 7], heads: 5, depth: 3 } },
  'official/prelinen-names': { expected: { width: 45, heads: 5, depth: 3, classes: 11 } },
  'official/token-prelogits': { expected: { representation: 28, classes: 9, mlpWidth: 70 } },
  'official/gap': { expected: { classifier: 'gap', classToken: false, heads: 3, classes: 7 } },
  'official/token-unpooled': {
    overrides: { classifier: 'token_unpooled' },
    expected: { classifier: 'token_unpooled', classToken: true, heads: 4 },
  },
  'official/unpooled': {
    overrides: { classifier: 'unpooled' },
    expected: { classifier: 'unpooled', classToken: false, heads: 2 },
  },
  'timm/vit_cls': { expected: { mlpWidth: 192, gelu: 'erf', eps: 1e-6, classifier: 'token' } },
  'timm/vit_gap_fcnorm': { expected: { normAfterPool: true, classifier: 'gap' } },
  'timm/vit_gap_nofcnorm': { expected: { normAfterPool: false, classifier: 'gap' } },
  'timm/vit_no_qkv_bias': { expected: { qkvBias: false } },
  'timm/vit_nonsquare': { overrides: { imageSize: [24, 40] }, expected: { imageSize: [24, 40] } },
  'timm/deit_distilled': { expected: { distilled: true, classToken: true } },
  'timm/npz_classic': { expected: { gelu: 'tanh', mlpWidth: 96, imageSize: [32, 32] } },
  'torchvision/vit': { expected: { eps: 1e-6, gelu: 'erf', classes: 10 } },
  'torchvision/vit_representation': {
    overrides: { heads: 2 },
    expected: { representation: 40, classes: 9, width: 56 },
  },
  'huggingface/vit_classification': { expected: { eps: 1e-12, gelu: 'erf', classes: 10 } },
  'huggingface/vit_no_qkv_bias': { expected: { qkvBias: false } },
  'huggingface/vit_model_pooler': { expected: { representation: 48, classes: 0 } },
  'huggingface/vit_mae_all': { expected: { representation: 0, classes: 0 } },
  'huggingface/deit_teacher': { expected: { distilled: true, eps: 1e-12 } },
}

/** What is refused, and how it is called. */
const others: Record<string, RegExp> = {
  'timm/vit_qknorm': /qk-norm/,
}

/** What runs as another family; `goldens/relatives.test.ts` and `goldens/dual.test.ts` compare its results. */
const relatives: readonly string[] = [
  'timm/clip_quickgelu',
  'timm/dinov2',
  'timm/dinov2_reg4_swiglu',
  'timm/siglip_map',
  'timm/vit_reg4_gap',
  'huggingface/clip',
  'huggingface/clip_vision_projection',
  'huggingface/siglip',
  'huggingface/dinov2',
  'huggingface/dinov2_classification',
  'huggingface/dinov2_registers',
  'huggingface/dinov2_swiglu',
]

function checkpointPath(name: string): string {
  if (name.startsWith('official/')) return `${name}/checkpoint.npz`
  return name.includes('/npz_') ? `${name}/model.npz` : `${name}/model.safetensors`
}

sharedTest('every value of every file, against a reader that trusts', async () => {
  for (const name of [...Object.keys(plain), ...Object.keys(others), ...relatives]) {
    const path = checkpointPath(name)
    const bytes = sharedBytes(`golden/${path}`)
    const simple = path.endsWith('npz') ? simpleNpz(bytes) : simpleSafetensors(bytes)
    const file = await open(path)
    assert.equal([...file.tensors.keys()].sort(), [...simple.keys()].sort())
    for (const [tensor, expected] of simple) {
      assert.equal(file.tensors.get(tensor)?.shape, expected.shape)
      const values = await readAll(file, tensor)
      const same = Buffer.compare(
        Buffer.from(values.buffer),
        Buffer.from(simpleF32(expected).buffer),
      )
      assert.is(same, 0, `${path} ${tensor}`)
    }
    await file.close()
  }
})

sharedTest('plain ViTs: config inferred, every weight filled exactly once', async () => {
  for (const [name, { overrides, expected }] of Object.entries(plain)) {
    const file = await open(checkpointPath(name))
    const isNpz = file.format === 'npz'
    const plan = await planViT(file, { ...(isNpz ? {} : { heads: 3 }), ...overrides })
    for (const [key, value] of Object.entries(expected)) {
      assert.equal(plan.config[key as keyof ViTConfig], value, `${name} ${key}`)
    }
    assert.equal(plan.ignored, [], name)
    await loadCheckpoint(file, plan)
    await file.close()
  }
})

sharedTest('relatives that are not run are refused by name', async () => {
  for (const [name, message] of Object.entries(others)) {
    const file = await open(checkpointPath(name))
    await rejects(planViT(file, { heads: 3 }), UnsupportedError, message)
    await file.close()
  }
})

interface Scenario {
  scenario: string
  file: string
  load_pretrained?: { dropped_from_file?: string[]; resized?: string[] }
}

sharedTest('the official loading rules, and where ours are stricter', async () => {
  const { scenarios } = sharedJSON<{ scenarios: Scenario[] }>(
    'golden/official/load-pretrained/rules.json',
  )
  const scenario = (name: string) => scenarios.find((one) => one.scenario === name)!
  const plan = async (name: string, overrides: Partial<ViTConfig>) => {
    const bytes = sharedBytes(`golden/official/load-pretrained/${scenario(name).file}`)
    const file = await openCheckpoint(bytes)
    return { plan: await planViT(file, overrides), file }
  }

  const dropped = await plan('drop-pre-logits-new-head', { representation: 0, classes: 0 })
  const { dropped_from_file = [] } = scenario('drop-pre-logits-new-head').load_pretrained!
  for (const name of dropped_from_file) assert.ok(dropped.plan.ignored.includes(name))

  for (const [name, size] of [
    ['larger-image', 56],
    ['gap-larger-image', 45],
  ] as const) {
    const { plan: resized } = await plan(name, { imageSize: [size, size] })
    assert.is(resized.pieces.get('position')![0]!.rearrange?.kind, 'resize')
    assert.equal(scenario(name).load_pretrained?.resized?.length, 1)
  }
  // The same number of tokens is taken as it is, whatever the grid.
  const { plan: same } = await plan('not-square-same-count', { imageSize: [7, 175] })
  assert.is(same.pieces.get('position')![0]!.rearrange, undefined)
  // The official loader refuses these; a true grid is no problem here.
  const { plan: wide, file } = await plan('not-square-new-grid', { imageSize: [35, 42] })
  await loadCheckpoint(file, wide)
  const unpooled = await plan('token-unpooled-larger-image', {
    classifier: 'token_unpooled',
    imageSize: [48, 48],
  })
  await loadCheckpoint(unpooled.file, unpooled.plan)

  const wrong: [string, Partial<ViTConfig>, RegExp][] = [
    ['other-mlp', { mlpWidth: 17 }, /12 misshapen|9 misshapen/],
    ['other-patch-same-grid', { patchSize: [9, 9], imageSize: [45, 45] }, /embedding\/kernel/],
    ['token-file-into-gap', { classToken: false, classifier: 'gap' }, /extra \(cls\)/],
    ['gap-file-into-token', { classToken: true, classifier: 'token' }, /missing \(cls\)/],
  ]
  for (const [name, overrides, message] of wrong) {
    await rejects(plan(name, overrides), CheckpointError, message)
  }
})

test.run()
