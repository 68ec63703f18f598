import { test } from 'uvu'
import { loadWeights } from '../../src/checkpoint/plan/load.ts'
import type { DualConfig } from '../../src/families/dual/config.ts'
import { visionProgram } from '../../src/families/vision/program.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import type { Program } from '../../src/program/program.ts'
import { TokenEmbedding } from '../../src/text/embedding/token-embedding.ts'
import { embeddingSizes, textProgram } from '../../src/text/text-family.ts'
import { sharedF32, sharedF64, sharedI32, sharedJSON, sharedTest } from '../shared.ts'
import { allBackends, assertWithin, planGolden, toNHWC } from './model.ts'

// What transformers and open_clip compute from small random models of images and texts, in float64.
const BOUND = 5e-5

interface Stored {
  file: string
  shape: number[]
}

interface Case {
  name: string
  checkpoint: string
  config: string
  inputs: Record<string, Stored>
  outputs: Record<string, { float64: Stored; bound?: number }>
}

interface Row {
  readonly golden: string
  readonly name: string
  readonly config?: Partial<DualConfig>
  /** Our value for each of theirs. */
  readonly images: Readonly<Record<string, string>>
  readonly texts?: Readonly<Record<string, string>>
}

const last = 'blocks.1.fc2'
const transformers = {
  images: { block0: 'blocks.0.fc2', vision_last_hidden_state: last },
  texts: { text_block0: 'text.blocks.0.fc2', text_last_hidden_state: 'text.norm' },
}
const openClip = {
  images: { block0: 'blocks.0.fc2', image_features: 'features' },
  texts: { text_block0: 'text.blocks.0.fc2', text_features: 'features' },
}

const rows: readonly Row[] = [
  { golden: 'families/huggingface', name: 'clip_quick_gelu', ...transformers },
  { golden: 'families/huggingface', name: 'clip_gelu', ...transformers },
  {
    golden: 'families/huggingface',
    name: 'siglip',
    ...transformers,
    images: {
      block0: 'blocks.0.fc2',
      vision_last_hidden_state: 'norm',
      vision_pooler_output: 'features',
    },
  },
  { golden: 'families/openclip', name: 'vit_quickgelu', ...openClip },
  { golden: 'families/openclip', name: 'siglip_timm_trunk', ...openClip },
  { golden: 'huggingface', name: 'clip', images: { vision_last_hidden_state: last } },
  {
    golden: 'huggingface',
    name: 'siglip',
    images: { vision_last_hidden_state: 'norm' },
    texts: { text_last_hidden_state: 'text.norm' },
  },
  {
    golden: 'huggingface',
    name: 'clip_vision_projection',
    images: { last_hidden_state: last, image_embeds: 'features' },
  },
]

const unit = (values: ArrayLike<number>): number[] => {
  const all = Array.from(values)
  const length = Math.hypot(...all)
  return all.map((value) => value / length)
}

for (const backend of await allBackends()) {
  for (const row of rows) {
    sharedTest(`${row.golden} ${row.name} on ${backend.description.split(':')[0]}`, async () => {
      const root = `golden/${row.golden}`
      const found = sharedJSON<{ cases: Case[] }>(`${root}/golden.json`).cases.find(
        (one) => one.name === row.name,
      )!
      const { file, plan } = await planGolden(
        `${root}/${found.checkpoint}`,
        row.config,
        {},
        `${root}/${found.config}`,
      )
      const config = plan.config as DualConfig
      const expected = (name: string) => sharedF64(`${root}/${found.outputs[name]!.float64.file}`)
      const bound = (name: string) => found.outputs[name]!.bound ?? BOUND
      const program = visionProgram(config)
      const hasTexts = config.textDepth > 0
      const weights = [
        ...program.weights,
        ...(hasTexts ? textProgram(config, config.maxLength).weights : []),
      ]
      const embedding = hasTexts
        ? new TokenEmbedding(file, plan, embeddingSizes(config))
        : undefined
      const model = backend.createModel(weights)
      const names = new Set([...weights.map(({ name }) => name), ...(embedding?.weights ?? [])])
      const pieces = new Map([...plan.pieces].filter(([name]) => names.has(name)))
      await loadWeights(
        file,
        { ...plan, pieces },
        {
          write(weight, region, start, values) {
            if (!embedding?.take(weight, region, start, values)) {
              model.write(weight, region, start, values)
            }
          },
        },
      )
      await file.close()
      const run = async (of: Program, names: readonly string[], inputs: object) =>
        model
          .compile(withoutUnusedRows(withOutputs(of, [...new Set(names)])))
          .run(inputs as Record<string, Float32Array>)

      const images = found.inputs.pixels ?? found.inputs.pixel_values!
      const count = images.shape[0]!
      const pixels = toNHWC(sharedF32(`${root}/${images.file}`), config.imageSize)
      const embeddings: number[][] = []
      for (let i = 0; i < count; i++) {
        const one = pixels.subarray((i * pixels.length) / count, ((i + 1) * pixels.length) / count)
        const values = await run(program, [...Object.values(row.images), 'features'], {
          pixels: one,
        })
        embeddings.push(unit(values.features!))
        for (const [theirs, ours] of Object.entries(row.images)) {
          const all = expected(theirs)
          const part = all.subarray((i * all.length) / count, ((i + 1) * all.length) / count)
          assertWithin(values[ours]!, part, bound(theirs), theirs)
        }
      }
      if (!hasTexts) return
      assertWithin(
        embeddings.flat(),
        expected('image_embeds'),
        bound('image_embeds'),
        'image_embeds',
      )
      const stored = found.inputs.input_ids ?? found.inputs.ids!
      const [texts, length] = stored.shape as [number, number]
      const ids = sharedI32(`${root}/${stored.file}`)
      const wanted = row.texts ?? {}
      for (let i = 0; i < texts; i++) {
        const all = ids.subarray(i * length, (i + 1) * length)
        // CLIP's texts end with the end token, which is the largest.
        const used = config.causal ? all.indexOf(Math.max(...all)) + 1 : length
        const tokens = Int32Array.from(all.subarray(0, used))
        const values = await run(
          textProgram(config, used),
          [...Object.values(wanted), 'features'],
          { embedded: await embedding!.embed([tokens], undefined) },
        )
        for (const [theirs, ours] of Object.entries(wanted)) {
          const whole = expected(theirs)
          const each = whole.length / texts
          const part = whole.subarray(i * each, i * each + values[ours]!.length)
          assertWithin(values[ours]!, part, bound(theirs), theirs)
        }
        const whole = expected('text_embeds')
        const size = config.embedding
        const theirs = whole.subarray(i * size, (i + 1) * size)
        assertWithin(unit(values.features!), theirs, bound('text_embeds'), 'text_embeds')
      }
      embedding!.close()
    })
  }
}

test.run()
