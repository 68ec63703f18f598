import { test } from 'uvu'
import type { CheckpointFile } from '../../src/checkpoint/checkpoint.ts'
import { loadPieces, loadWeights } from '../../src/checkpoint/plan/load.ts'
import { resizePosition } from '../../src/checkpoint/plan/position.ts'
import type { DualConfig } from '../../src/families/dual/config.ts'
import { naflexSizes } from '../../src/families/naflex/any-size.ts'
import { naflexProgram } from '../../src/families/naflex/program.ts'
import type { CheckpointPlan } from '../../src/families/plan.ts'
import { visionProgram } from '../../src/families/vision/program.ts'
import { patchGrid } from '../../src/families/vit/grid.ts'
import type { Keeping } from '../../src/model/sized.ts'
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
  outputs: Record<string, { float64: Stored; float32: Stored; bound?: number }>
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
  {
    golden: 'families/huggingface',
    name: 'siglip2_naflex',
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

/** The images of a case, and what computes each. */
async function imagesOf(
  file: CheckpointFile,
  { config, pieces, resample }: CheckpointPlan,
  { inputs, outputs }: Case,
  root: string,
): Promise<{ program: Program; inputs: Record<string, Float32Array> }[]> {
  const stored = inputs.pixels ?? inputs.pixel_values!
  const count = stored.shape[0]!
  const values = sharedF32(`${root}/${stored.file}`)
  const tower = config as DualConfig
  const length = values.length / count
  if (!inputs.spatial_shapes) {
    const pixels = toNHWC(values, tower.imageSize)
    const program = visionProgram(tower)
    return Array.from({ length: count }, (_, i) => ({
      program,
      inputs: { pixels: pixels.subarray(i * length, (i + 1) * length) },
    }))
  }
  const sizes = (await naflexSizes({ config: tower, pieces, resample }, 'naflex'))!
  await loadPieces(file, pieces.get('position')!, sizes.keeping<Keeping>({}).sink!({ write() {} }))
  const shapes = sharedI32(`${root}/${inputs.spatial_shapes.file}`)
  const theirs = sharedF32(`${root}/${outputs.pos_embed!.float32.file}`)
  const [, most, inner] = stored.shape as [number, number, number]
  return Array.from({ length: count }, (_, i) => {
    const grid = [shapes[2 * i]!, shapes[2 * i + 1]!] as const
    const patches = grid[0] * grid[1]
    const imageSize = [grid[0] * tower.patchSize[0], grid[1] * tower.patchSize[1]] as const
    const position = resizePosition(
      sizes.values('position')!,
      0,
      tower.width,
      patchGrid(tower),
      grid,
      resample,
    )
    const from = i * most * tower.width
    const { bound = 0 } = outputs.pos_embed!
    assertWithin(position, theirs.subarray(from, from + position.length), bound, 'positions')
    const at = i * most * inner
    const pixels = values.slice(at, at + patches * inner)
    return { program: naflexProgram({ ...tower, imageSize }), inputs: { pixels, position } }
  })
}

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
      const images = await imagesOf(file, plan, found, root)
      const { program } = images[0]!
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
      const scalar = async (weight: string) => {
        let found = 0
        const write = (_: string, __: unknown, ___: number, values: Float32Array) => {
          found = values[0]!
        }
        await loadPieces(file, plan.pieces.get(weight) ?? [], { write })
        return found
      }
      const [logarithm, bias] = [await scalar('temperature'), await scalar('similarity_bias')]
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

      const embeddings: number[][] = []
      for (const [i, { program, inputs }] of images.entries()) {
        const values = await run(program, [...Object.values(row.images), 'features'], inputs)
        embeddings.push(unit(values.features!))
        for (const [theirs, ours] of Object.entries(row.images)) {
          const all = expected(theirs)
          const from = (i * all.length) / images.length
          // Rows of padding, which a program for the image's own grid does not have, come last.
          const part = all.subarray(from, from + values[ours]!.length)
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
      const embedded: number[][] = []
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
        const theirs = whole.subarray(i * config.embedding, (i + 1) * config.embedding)
        embedded.push(unit(values.features!))
        assertWithin(embedded[i]!, theirs, bound('text_embeds'), 'text_embeds')
      }
      embedding!.close()
      const logits = embeddings.map((image) =>
        embedded.map((text) => {
          const cosine = image.reduce((sum, value, k) => sum + value * text[k]!, 0)
          return Math.exp(logarithm) * cosine + bias
        }),
      )
      assertWithin(
        logits.flat(),
        expected('logits_per_image'),
        bound('logits_per_image'),
        'logits_per_image',
      )
      if (!found.outputs.probabilities) return
      const probabilities = logits.flatMap((row) => {
        const sum = row.reduce((sum, logit) => sum + Math.exp(logit), 0)
        return row.map((logit) =>
          config.similarityBias ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / sum,
        )
      })
      assertWithin(probabilities, expected('probabilities'), 1e-5, 'probabilities')
    })
  }
}

test.run()
