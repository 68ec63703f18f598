import { baseName, isHidden, isOtherPicture, isPicture } from '../../image/picture-names.ts'
import type { Found, SplitName } from './assemble.ts'
import type { Split, Unusable } from './dataset.ts'
import { DatasetError } from './errors.ts'
import { type FileTree, readFile } from './files.ts'
import { byCodePoint, splitOf } from './names.ts'

/** The share of pictures that is held out of a folder's. */
export const FOLDER_SHARE = 0.1

/** A picture of a class in a file. */
export interface Listed {
  readonly path: string
  readonly split: SplitName
  readonly label: number
}

/** A split whose pictures are files. */
function filesSplit(tree: FileTree, samples: readonly Listed[]): Split {
  return {
    size: samples.length,
    name: (index) => samples[index]!.path,
    label: (index) => samples[index]!.label,
    async read(index, signal) {
      const { path, label } = samples[index]!
      return { name: path, label, image: await readFile(tree, path, signal) }
    },
  }
}

/** What a folder has, once every picture's class has its number. */
export function foundIn(
  tree: FileTree,
  classes: readonly string[],
  listed: readonly Listed[],
): Found {
  const splits: Partial<Record<SplitName, Split[]>> = {}
  for (const split of new Set(listed.map(({ split }) => split))) {
    splits[split] = [
      filesSplit(
        tree,
        listed.filter((one) => one.split === split),
      ),
    ]
  }
  const holdOut = { how: 'stratified', share: FOLDER_SHARE } as const
  return { name: tree.name, classes, splits, holdOut }
}

/**
 * A folder for each class: `class/picture.jpg`, or `train/class/picture.jpg` with `validation` (`val`, `valid`) and
 * `test` beside `train`. Classes are the names of the training folders in the order of code points, or of all folders if
 * it is not to be trained on. Folders below a class belong to it; files that are no pictures do not count.
 * @throws DatasetError where `test` has a class that `train` lacks, or there is no `train` beside it
 */
export function readFolders(tree: FileTree, isTrainedOn = true): Found {
  const unusable: Unusable[] = []
  const placed: { path: string; split: SplitName; label: string }[] = []
  const hasSplits = tree.paths.some((path) => {
    const parts = path.split('/')
    return parts.length > 2 && splitOf(parts[0]!) !== undefined && isPicture(path)
  })
  const place = (path: string) => {
    const parts = path.split('/')
    const [label, ...rest] = hasSplits ? parts.slice(1) : parts
    const split = hasSplits ? splitOf(parts[0]!) : ('train' as const)
    // The same letters may be composed of others in another system's file names.
    return { split, label: label?.normalize(), rest }
  }
  for (const path of tree.paths) {
    const { split, label, rest } = place(path)
    if (isHidden(path)) continue
    const reason = reasonAgainst(path, split, rest.length > 0)
    if (reason !== undefined) unusable.push({ name: path, reason })
    else if (isPicture(path)) placed.push({ path, split: split!, label: label! })
  }
  const classes = new Set<string>()
  for (const folder of tree.folders) {
    const { split, label, rest } = place(folder)
    if (split === undefined || label === undefined || rest.length > 0) continue
    if (split !== 'train' && isTrainedOn) continue
    if (!isHidden(label)) classes.add(label)
  }
  if (hasSplits && classes.size === 0) {
    const others = [...new Set(placed.map(({ split }) => split))].join(' and ')
    throw new DatasetError(`${tree.name} has pictures for ${others} and no classes in "train".`)
  }
  return { ...numberedFolders(tree, [...classes].sort(byCodePoint), placed), unusable }
}

function numberedFolders(
  tree: FileTree,
  classes: readonly string[],
  placed: readonly { path: string; split: SplitName; label: string }[],
): Found {
  const numbers = new Map(classes.map((label, i) => [label, i]))
  const listed = placed.map(({ path, split, label }) => {
    const number = numbers.get(label)
    if (number === undefined) {
      throw new DatasetError(
        `${path} in ${tree.name} is of the class "${label}", which has no folder in "train".`,
      )
    }
    return { path, split, label: number }
  })
  return foundIn(tree, classes, listed)
}

/** Why a picture can't be used; undefined if it can, or is none. */
function reasonAgainst(
  path: string,
  split: SplitName | undefined,
  hasClass: boolean,
): string | undefined {
  if (isOtherPicture(path)) {
    return `${baseName(path).replace(/^.*\./, '.')} files are not decoded; convert it to JPEG, PNG or WebP`
  }
  if (!isPicture(path)) return undefined
  if (split === undefined) return 'its folder is none of train, validation, test'
  return hasClass ? undefined : "it is in no class's folder"
}
