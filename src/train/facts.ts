import { crc32 } from '../bytes/crc32.ts'
import type { Recipe, RecipeName } from '../image/preprocess/recipes.ts'
import type { Dataset, Split } from './data/dataset.ts'
import type { Prepared } from './prepare.ts'
import { lastPart } from './record.ts'
import type { Settings } from './settings.ts'
import type { RecipeFacts } from './state.ts'

/** What decides the course of a run. What follows from others, as the checkpoint's values from a size, comes after them. */
export function factsOf(
  { config: { imageSize, family }, fingerprint: checkpoint }: Prepared,
  { name, classes, train, validation }: Dataset,
  settings: Settings,
  preprocess: RecipeName | Recipe,
): RecipeFacts {
  const { lora, ...others } = settings
  const said = Object.entries(others).filter(([, value]) => value !== undefined)
  const adapters = lora && { lora: `rank ${lora.rank}, alpha ${lora.alpha}` }
  return {
    dataset: lastPart(name),
    classes: classes.join(', '),
    pictures: `${samplesOf(train)}; held out: ${samplesOf(validation)}`,
    ...(Object.fromEntries(said) as RecipeFacts),
    ...adapters,
    family,
    imageSize: imageSize.join('x'),
    preprocess: typeof preprocess === 'string' ? preprocess : JSON.stringify(preprocess),
    checkpoint,
  }
}

const encoder = new TextEncoder()

/** How many pictures there are, and a checksum of their names, wherever their files lie, and their classes. */
function samplesOf(split: Split): string {
  let sum = 0
  for (let i = 0; i < split.size; i++) {
    sum = crc32(encoder.encode(`${lastPart(split.name(i))}\n${split.label(i)}\n`), sum)
  }
  return `${split.size}, checksum of names and classes ${sum.toString(16)}`
}
