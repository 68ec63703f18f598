import { nearestNames } from '../../nearest.ts'
import { augreg, classesOf, type Dataset, files } from './published.ts'

/** A published checkpoint. */
export interface Published {
  /** The name to load it by. */
  readonly name: string
  /** The path in the bucket, bucket included. */
  readonly path: string
  /** The name in vit_jax/configs/models.py, such as `ViT-B_16`, `R50+ViT-L_32`, `Mixer-B_16`. */
  readonly variant: string
  /** The data set of its classes. */
  readonly dataset: Dataset
  /** Number of classes. */
  readonly classes: number
  /** Side length in pixels. */
  readonly resolution: number
  /** Number of parameters. */
  readonly parameters?: number
  /** Whether there is a dense layer before the head (pre_logits). */
  readonly representation: boolean
  /** Published accuracy on ImageNet-2012, in percent. */
  readonly top1?: number
  /** Approximate file size: as listed, or from the parameter count. */
  readonly bytes?: number
}

const mebi = 2 ** 20

/** All rows, in lookup order. */
export const catalog: readonly Published[] = [
  ...augreg.map(
    ([name, variant, regularisation, learningRate, resolution, parameters, , top1]): Published => ({
      name,
      path: `vit_models/augreg/${preTrained(name, regularisation)}--imagenet2012-steps_20k-${learningRate}-res_${resolution}.npz`,
      variant,
      dataset: 'imagenet2012',
      classes: classesOf.imagenet2012,
      resolution,
      parameters,
      representation: false,
      top1,
      bytes: parameters * 4,
    }),
  ),
  ...files.map(([path, variant, dataset, resolution, parameters, mebibytes, top1]): Published => {
    const bytes = mebibytes ? mebibytes * mebi : parameters && parameters * 4
    return {
      name: path,
      path: `${path.startsWith('mixer_models/') ? '' : 'vit_models/'}${path}.npz`,
      variant,
      dataset,
      classes: classesOf[dataset],
      resolution,
      ...(parameters !== undefined && { parameters }),
      representation: path.startsWith('imagenet21k/'),
      ...(top1 !== undefined && { top1 }),
      ...(bytes !== undefined && { bytes: Math.round(bytes) }),
    }
  }),
  ...augreg.map(
    ([name, variant, regularisation, , , , parameters]): Published => ({
      name: `${name}-i21k`,
      path: `vit_models/augreg/${preTrained(name, regularisation)}.npz`,
      variant,
      dataset: 'imagenet21k',
      classes: classesOf.imagenet21k,
      resolution: 224,
      parameters,
      representation: false,
      bytes: parameters * 4,
    }),
  ),
]

function preTrained(name: string, regularisation: string): string {
  return `${name}-i21k-300ep-lr_0.001-${regularisation}`
}

/**
 * Finds a checkpoint by a row's name, its file's path with or without bucket and `.npz`, the
 * last part of that, or a variant's name (`ViT-B_16`, `B_16`), which selects the first such row.
 */
export function findPublished(name: string): Published | undefined {
  const plain = name.replace(/^(gs:\/\/)?(vit_models\/)?/, '').replace(/\.npz$/, '')
  const fileOf = ({ path }: Published) => path.replace(/^vit_models\/|\.npz$/g, '')
  const tests: ((row: Published) => boolean)[] = [
    (row) => row.name === name || fileOf(row) === plain,
    (row) => row.variant === name || row.variant === `ViT-${name}`,
    (row) => fileOf(row).split('/').at(-1) === plain,
  ]
  for (const test of tests) {
    const found = catalog.find(test)
    if (found) return found
  }
  return undefined
}

/** Rows that contain every word of a query. */
export function searchPublished(query: string): Published[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return catalog.filter((row) => {
    const text = [row.name, row.path, row.variant, row.dataset, `${row.resolution}px`].join(' ')
    return words.every((word) => text.toLowerCase().includes(word))
  })
}

/** Similar names, nearest first. */
export function similarNames(name: string): string[] {
  const near = nearestNames(name, [...namesOf(catalog), ...catalog.map((row) => row.variant)])
  // A name that differs only in case or punctuation is certainly meant.
  if (near.length > 0 && lettersOf(near[0]!) === lettersOf(name)) return near
  const wanted = lettersOf(name)
  const rows =
    wanted.length < 2 ? [] : catalog.filter((row) => lettersOf(row.name).includes(wanted))
  return [...new Set([...near, ...namesOf(rows)])].slice(0, 5)
}

const namesOf = (rows: readonly Published[]) => rows.map((row) => row.name)

const lettersOf = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')
