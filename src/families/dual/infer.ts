import type { Found } from '../../checkpoint/plan/found.ts'
import { countBlocks, sizesIn } from '../../checkpoint/plan/sizes.ts'
import { ArgumentError } from '../../errors.ts'
import { inferVision } from '../vision/infer.ts'
import type { DualConfig } from './config.ts'
import type { DualFamilyName } from './members.ts'
import { foundImageTower, foundTextTower } from './towers.ts'

/**
 * Reads a config off the names and shapes of a checkpoint.
 * @param known what is so in files of this publisher where nothing says otherwise
 * @param overrides used as they are
 * @param assumed receives, in words, every value that nothing states
 * @throws ArgumentError naming a value that the caller must pass
 */
export function inferDual(
  family: DualFamilyName,
  found: Found,
  known: Partial<DualConfig>,
  overrides: Partial<DualConfig>,
  assumed: string[],
): DualConfig {
  const image = inferVision(foundImageTower(found), known, overrides, assumed)
  const text = foundTextTower(found)
  const { present, sizes } = sizesIn(text)
  const given = { ...known, ...overrides }
  const hasText = present.has('table')
  const textWidth = sizes.tD ?? 1
  return {
    ...image,
    family,
    embedding: image.projection || image.width,
    textDepth: hasText ? countBlocks(text) : 0,
    textWidth,
    textHeads: given.textHeads ?? sizes.tH ?? (hasText ? headsOf(textWidth) : 1),
    textMlpWidth: sizes.tM ?? 1,
    textActivation: given.textActivation ?? image.activation,
    textEps: given.textEps ?? image.eps,
    causal: given.causal ?? family === 'clip',
    vocabulary: sizes.tV ?? 1,
    maxLength: sizes.tP ?? 1,
    cleaning: given.cleaning ?? 'transformers',
    textHeadBias: present.has('head.bias'),
    similarityBias: found.tensor('similarity_bias') !== undefined,
    ...overrides,
    classes: 0,
  } as DualConfig

  function headsOf(width: number): number {
    if (width % 64 === 0) {
      assumed.push(`textHeads ${width / 64}`)
      return width / 64
    }
    throw new ArgumentError(
      `${found.file.name} does not say how many heads its text tower has: pass config.textHeads (--config textHeads=…).`,
    )
  }
}
