import type { Backend } from '../../src/backends/backend.ts'
import type { AnyConfig } from '../../src/families/architectures.ts'
import { hasShared, sharedF32, sharedF64 } from '../shared.ts'
import { assertWithin, openModel, toNHWC } from './model.ts'
import { cases, outputsOf } from './small-cases.ts'

/** The most that logits may be off from float64's. */
const BOUND = 5e-5

/** Logits of hybrids and Mixers that the official code and timm computed, in the data beside the project. */
const shared: readonly (readonly [
  path: string,
  checkpoint: string,
  config: Partial<AnyConfig>,
  logits?: string,
])[] = [
  ['official/hybrid-stem', 'checkpoint.npz', {}],
  ['official/hybrid-two-stages', 'checkpoint.npz', { imageSize: [51, 51] }],
  ['official/hybrid-four-stages', 'checkpoint.npz', {}],
  ['official/groupnorm-1x1x1xC', 'checkpoint.npz', {}],
  ['official/mixer', 'checkpoint.npz', {}],
  ['timm/hybrid_r_stem', 'model.safetensors', { heads: 3 }],
  ['timm/hybrid_resnet', 'model.safetensors', { heads: 3 }],
  ['timm/mixer', 'model.safetensors', {}],
  [
    'timm/npz_hybrid_r_stem',
    'model.npz',
    { kernelEps: 1e-8, kernelEpsOn: 'variance', groupEps: 1e-5 },
    'logits_tanh',
  ],
]

/** Compares the logits of small hybrids and Mixers with float64's on one backend. */
export async function compareNetworks(backend: Backend): Promise<void> {
  for (const one of cases.filter(({ publisher }) => publisher === 'official-networks')) {
    const { logits } = await outputsOf(one, backend)
    assertWithin(logits!, one.outputs.logits, BOUND, one.name)
  }
  if (!hasShared) return console.log('only the small hybrids and Mixers: ../shared is not here')
  for (const [path, checkpoint, config, file = 'logits'] of shared) {
    const root = `golden/${path}`
    const model = await openModel(`${root}/${checkpoint}`, backend, config)
    const stored = sharedF32(`${root}/pixels.f32le.bin`)
    const pixels = path.startsWith('timm/') ? toNHWC(stored, model.config.imageSize) : stored
    const { logits } = await model.run(pixels, ['logits'])
    assertWithin(logits!, sharedF64(`${root}/${file}.f64le.bin`), BOUND, path)
  }
}
