import type { Found } from '../../checkpoint/plan/found.ts'
import { countBlocks } from '../../checkpoint/plan/sizes.ts'
import { ArgumentError } from '../../errors.ts'
import { inferConfig } from '../vit/infer.ts'
import type { LiTConfig } from './config.ts'
import { foundImageTower, textSizes } from './towers.ts'

/** Heads of BERT by its width, base and large, whose files don't show them. */
const bertHeads: Readonly<Record<number, number>> = { 768: 12, 1024: 16 }

/** The most tokens of a text in all published models. BERT has positions for more. */
const publishedLength = 16

/**
 * Reads a config off the names and shapes of a checkpoint.
 * @param overrides used as they are
 * @param assumed receives, in words, every value that nothing states
 * @throws ArgumentError naming a value that the caller must pass
 */
export function inferLiT(
  found: Found,
  overrides: Partial<LiTConfig>,
  assumed: string[] = [],
): LiTConfig {
  const { family: _, classes: __, ...forImages } = overrides
  const image = inferConfig(foundImageTower(found), forImages, assumed)
  const isBert = found.tensor('bert.table') !== undefined
  const sizes = textSizes(found)
  const textHead = found.tensor('text.head.kernel') !== undefined
  const textWidth = overrides.textWidth ?? sizes.tD ?? 0
  const textPositions = overrides.textPositions ?? sizes.tP ?? 0
  return {
    ...image,
    embedding: image.classes > 0 ? image.classes : image.representation || image.width,
    imageHead: image.classes > 0,
    textTower: isBert ? 'bert' : 'transformer',
    textWidth,
    textDepth: countBlocks(textTower(found)),
    textHeads: overrides.textHeads ?? sizes.tH ?? inferHeads(textWidth, found.file.name, assumed),
    textMlpWidth: sizes.tM ?? 0,
    vocabulary: sizes.tV ?? 0,
    textPositions,
    maxLength: isBert ? Math.min(publishedLength, textPositions) : textPositions,
    textHead,
    ...overrides,
    family: 'lit',
    classes: 0,
  }
}

/** The same file, of which only the names of the text tower are known. */
function textTower(found: Found): Found {
  const tensors = found.publisher.tensors.filter(([name]) => name.startsWith('txt/'))
  return { ...found, publisher: { ...found.publisher, tensors } }
}

function inferHeads(width: number, file: string, assumed: string[]): number {
  const published = bertHeads[width]
  if (published !== undefined) return published
  if (width > 0 && width % 64 === 0) {
    assumed.push(`textHeads ${width / 64}`)
    return width / 64
  }
  throw new ArgumentError(
    `${file} does not say how many heads its text tower has, and ${width} is no width that was published; pass config.textHeads.`,
  )
}
