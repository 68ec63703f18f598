import { ArgumentError } from './errors.ts'
import { type Packed, parseLabels, readPacked } from './labels.ts'
import { show } from './show.ts'

const synsets: Record<'imagenet2012' | 'imagenet21k', Packed> = {
  imagenet2012: () => import('#inline/imagenet2012.synsets'),
  imagenet21k: () => import('#inline/imagenet21k.synsets'),
}

/**
 * The WordNet synsets (`n01440764`) of ImageNet's classes, in the order of the logits.
 * @throws ArgumentError for any other data set
 */
export async function readSynsets(set: 'imagenet2012' | 'imagenet21k'): Promise<string[]> {
  if (typeof set !== 'string' || !Object.hasOwn(synsets, set)) {
    const known = Object.keys(synsets).join(' and ')
    throw new ArgumentError(`There are synsets of ${known}, not of ${show(set)}.`)
  }
  // They ascend, and are kept as steps from one to the next.
  let number = 0
  return parseLabels(await readPacked(synsets[set])).map((step) => {
    number += Number(step)
    return `n${String(number).padStart(8, '0')}`
  })
}
