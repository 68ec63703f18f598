import type { Backend } from '../../src/backends/backend.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import type { DualConfig } from '../../src/families/dual/config.ts'
import { dualTextProgram } from '../../src/families/dual/text-program.ts'
import { naflexProgram } from '../../src/families/naflex/program.ts'
import { visionProgram } from '../../src/families/vision/program.ts'
import type { Program } from '../../src/program/program.ts'
import { smallDual, smallNaflex, smallSiglip } from '../families/vision/variations.ts'
import { assertWithin } from '../goldens/model.ts'
import { gaussian, writeRandomWeights } from '../random.ts'

const wide = { width: 64, heads: 2, mlpWidth: 96, mapMlpWidth: 96, mapHeads: 4 }
const texts = { textWidth: 64, textHeads: 2, textMlpWidth: 96, maxLength: 12 }
const clip: DualConfig = { ...smallDual, ...wide, ...texts, projection: 48, embedding: 48 }
const siglip: DualConfig = { ...smallSiglip, ...wide, ...texts, embedding: 64 }
const naflex: DualConfig = { ...smallNaflex, ...wide, embedding: 64 }

/** Towers for images and texts, each with all its programs over the same weights. */
export const dualPrograms: Readonly<Record<string, readonly Program[]>> = {
  "CLIP's texts, of two lengths": [7, 12].map((length) =>
    dualTextProgram(clip, length, 'embedded'),
  ),
  "SigLIP's texts, from their tokens": [dualTextProgram(siglip, 12)],
  "SigLIP's images, pooled by attention": [visionProgram(siglip)],
  'NaFlex, three grids': [
    [16, 16],
    [4, 40],
    [28, 8],
  ].map(([height, width]) => naflexProgram({ ...naflex, imageSize: [height!, width!] })),
}

/** Compares programs on a backend with float64. */
export async function compareDual(
  backend: Backend,
  programs: readonly Program[],
  bound = 5e-5,
): Promise<void> {
  const { weights } = programs[0]!
  const models = [backend, referenceBackend].map((one) => {
    const model = one.createModel(weights)
    writeRandomWeights(model, weights)
    return model
  })
  for (const [seed, program] of programs.entries()) {
    const inputs = Object.fromEntries(
      Object.entries(program.inputs).map(([name, id], i) => {
        const { shape, type } = program.values[id]!
        const values = gaussian(seed + 10 * i, shape[0] * shape[1])
        return [name, type === 'i32' ? Int32Array.from(values, (x) => Math.abs(4 * x)) : values]
      }),
    )
    const [found, expected] = await Promise.all(
      models.map((model) => model.compile(program).run(inputs)),
    )
    assertWithin(found!.features!, expected!.features!, bound, `program ${seed}`)
  }
  for (const model of models) model.dispose()
}
