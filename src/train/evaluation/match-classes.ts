import { readLabels } from '../../labels.ts'
import { nearestNames } from '../../nearest.ts'
import { show } from '../../show.ts'
import { readSynsets } from '../../synsets.ts'
import { DatasetError, some } from '../data/errors.ts'

export interface Matching {
  /** For messages: the data set and the model. */
  readonly dataset: string
  readonly model: string
  /** How many classes the model has. */
  readonly outputs: number
  /** Their names, if they are known. */
  readonly labels: readonly string[] | undefined
  onNotice(message: string): void
}

/**
 * Finds the classes of a data set among those of a model, by name: the whole name, one of several that are separated by
 * commas, or the WordNet synset (`n02124075`) where the model's classes are ImageNet's. Case counts for nothing, and `_`
 * and `-` are blanks. Classes that are numbers are places among the model's classes.
 * @returns for each class the place of its logit
 * @throws DatasetError naming the classes that the model does not have, has several times, or that are one class to it
 */
export async function matchClasses(
  classes: readonly string[],
  { dataset, model, outputs, labels, onNotice }: Matching,
): Promise<readonly number[]> {
  const find = labels && (await finder(labels))
  const found = classes.map((name) => find?.(name) ?? [])
  const areNumbers = classes.every((name) => /^\d+$/.test(name) && Number(name) < outputs)
  if (areNumbers && found.every((places) => places.length === 0)) {
    if (labels) {
      onNotice(
        `The classes of ${dataset} are numbers, which are taken for places of ${model}'s classes.`,
      )
    }
    return classes.map(Number)
  }
  if (!labels) {
    throw new DatasetError(
      `${model} does not say the names of its ${outputs} classes, and ${dataset} has ${some(classes)}. Give the names as labels.`,
    )
  }
  const missing = classes.filter((_, i) => found[i]!.length === 0)
  if (missing.length > 0) {
    const [near] = nearestNames(missing[0]!, labels, 1)
    const hint = near === undefined ? '' : ` (the nearest to ${show(missing[0])} is ${show(near)})`
    throw new DatasetError(
      `${model} has no class ${some(missing.map((name) => show(name)))} of ${dataset}${hint}. Name folders as the model names its ${outputs} classes, such as ${show(labels[0])}.`,
    )
  }
  const several = classes.findIndex((_, i) => found[i]!.length > 1)
  if (several >= 0) {
    throw new DatasetError(
      `${model} has several classes of the name ${show(classes[several])}: numbers ${some(found[several]!.map(String))}. Name the class by its synset, or by its number if all are numbers.`,
    )
  }
  const places = found.map(([place]) => place!)
  const twice = places.findIndex((place, i) => places.indexOf(place) !== i)
  if (twice >= 0) {
    const first = places.indexOf(places[twice]!)
    throw new DatasetError(
      `${show(classes[first])} and ${show(classes[twice])} of ${dataset} are one class of ${model}, ${show(labels[places[twice]!])}. Make them one.`,
    )
  }
  return places
}

type Places = Map<string, number[]>

/** The places of a name: as a whole, then as a part, then as a synset. */
async function finder(labels: readonly string[]): Promise<(name: string) => readonly number[]> {
  const wholes: Places = new Map()
  const parts: Places = new Map()
  labels.forEach((label, place) => {
    put(wholes, label, place)
    for (const part of new Set(label.split(',').map(letters))) put(parts, part, place)
  })
  const synsets: Places = new Map()
  for (const [place, synset] of (await synsetsOf(labels, parts)).entries())
    put(synsets, synset, place)
  return (name) => {
    const key = letters(name)
    return wholes.get(key) ?? parts.get(key) ?? synsets.get(key) ?? []
  }
}

function put(places: Places, name: string, place: number): void {
  const key = letters(name)
  const known = places.get(key)
  if (known) known.push(place)
  else places.set(key, [place])
}

const letters = (name: string) =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim()

const IMAGENET = { 1000: 'imagenet2012', 21843: 'imagenet21k' } as const

/** The synsets of ImageNet's classes, if most of the labels are its names. */
async function synsetsOf(labels: readonly string[], parts: Places): Promise<readonly string[]> {
  const set = IMAGENET[labels.length as keyof typeof IMAGENET]
  if (!set) return []
  const names = await readLabels(set)
  const same = names.filter((name, place) =>
    name.split(',').some((part) => parts.get(letters(part))?.includes(place)),
  )
  return same.length > names.length / 2 ? readSynsets(set) : []
}
