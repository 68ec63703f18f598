import { crc32 } from '../../../src/bytes/crc32.ts'
import { RECIPES } from '../../../src/image/preprocess/recipes.ts'
import type { Dataset } from '../../../src/train/data/dataset.ts'
import { drawPictures } from '../../../src/train/data/draw.ts'
import { Pictures } from '../../../src/train/data/pictures.ts'

const COUNT = 20

/** What is drawn first from a data set: names, labels and checksums of pixels; and what can't be decoded. */
export async function checksums(dataset: Dataset, workers = 0): Promise<string[]> {
  const pictures = new Pictures(dataset.train, { workers })
  const found: string[] = []
  const options = {
    seed: 5,
    augment: 'inception',
    size: [24, 24],
    recipe: RECIPES.official,
  } as const
  for await (const { name, label, pixels } of drawPictures(pictures, options)) {
    found.push(`${name} ${label} ${crc32(new Uint8Array(pixels.buffer))}`)
    if (found.length === COUNT) break
  }
  return [...found, ...pictures.unusable.map(({ name }) => name)]
}
