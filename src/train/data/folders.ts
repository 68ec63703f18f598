import type { Found, SplitName } from './assemble.ts'
import type { Split, Unusable } from './dataset.ts'
import { DatasetError } from './errors.ts'
import { type FileTree, readFile } from './files.ts'
import { baseName, byCodePoint, isOtherPicture, isPicture, splitOf } from './names.ts'

/** The share of pictures that is held out of a folder's. */
export const FOLDER_SHARE = 0.1

/** A picture of a class in a file. */
export interface Listed {
  readonly path: string
  readonly label: number
}

/** A split whose pictures are files. */
export function filesSplit(tree: FileTree, samples: readonly Listed[]): Split {
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

/**
 * A folder for each class: `class/picture.jpg`, or `train/class/picture.jpg` with `validation` (`val`, `valid`) and
 * `test` beside `train`. Classes are the names of the training folders in the order of code points. Folders below a
 * class belong to it; files that are no pictures do not count.
 * @throws DatasetError where `test` has a class that `train` lacks, or there is no `train` beside it
 */
export function readFolders(tree: FileTree): Found {
  const unusable: Unusable[] = []
  const placed: { path: string; split: SplitName; label: string }[] = []
  const folders = new Map<SplitName, Set<string>>()
  const hasSplits = tree.paths.some((path) => {
    const parts = path.split('/')
    return parts.length > 2 && splitOf(parts[0]!) !== undefined && isPicture(path)
  })
  for (const path of tree.paths) {
    const parts = path.split('/')
    const split = hasSplits ? splitOf(parts[0]!) : 'train'
    const [label, file] = parts.slice(hasSplits ? 1 : 0)
    // Files that are no pictures tell that their folder is there, so that an empty class is found.
    if (split && label !== undefined && file !== undefined && !label.startsWith('.')) {
      const labels = folders.get(split) ?? new Set<string>()
      folders.set(split, labels.add(label))
    }
    const reason = reasonAgainst(path, split, file)
    if (reason !== undefined) unusable.push({ name: path, reason })
    else if (isPicture(path)) placed.push({ path, split: split!, label: label! })
  }
  if (hasSplits && !folders.has('train')) {
    const others = [...folders.keys()].join(' and ')
    throw new DatasetError(`${tree.name} has pictures for ${others} and no folder "train".`)
  }
  const classes = [...(folders.get('train') ?? [])].sort(byCodePoint)
  const numbers = new Map(classes.map((label, i) => [label, i]))
  const unknown = placed.find(({ label }) => !numbers.has(label))
  if (unknown) {
    throw new DatasetError(
      `${unknown.path} in ${tree.name} is of the class "${unknown.label}", which has no folder in "train".`,
    )
  }
  const splits: Partial<Record<SplitName, Split[]>> = {}
  for (const split of folders.keys()) {
    const samples = placed
      .filter((one) => one.split === split)
      .map(({ path, label }) => ({ path, label: numbers.get(label)! }))
    splits[split] = [filesSplit(tree, samples)]
  }
  const holdOut = { how: 'stratified', share: FOLDER_SHARE } as const
  return { name: tree.name, classes, splits, unusable, holdOut }
}

/** Why a picture can't be used; undefined if it can, or is none. */
function reasonAgainst(
  path: string,
  split: SplitName | undefined,
  file: string | undefined,
): string | undefined {
  if (isOtherPicture(path)) {
    return `${baseName(path).replace(/^.*\./, '.')} files are not decoded; convert it to JPEG, PNG or WebP`
  }
  if (!isPicture(path)) return undefined
  if (split === undefined) return 'its folder is none of train, validation, test'
  return file === undefined ? "it is in no class's folder" : undefined
}
