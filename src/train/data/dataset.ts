import type { RGBImage } from '../../image/image.ts'

/** A picture with its class. */
export interface Sample {
  /** Tells it apart in messages: its path below the data set's folder, or its place in an archive. */
  readonly name: string
  /** The number of its class, from 0. */
  readonly label: number
  /** Its file, JPEG, PNG or WebP, or its pixels. Don't write to it. */
  readonly image: Uint8Array | RGBImage
}

/** A part of a data set. Names and labels are in memory, pictures are read when they are asked for. */
export interface Split {
  readonly size: number
  /** The name of a sample, by its place from 0. */
  name(index: number): string
  /** The class of a sample, by its place from 0. */
  label(index: number): number
  /**
   * Reads a sample. Several may be read at once.
   * @throws SourceError where its bytes can't be read, FormatError where its archive is damaged, DatasetError where the
   *   whole data set vanished
   */
  read(index: number, signal?: AbortSignal): Promise<Sample>
}

/** A sample that can't be used, and why. */
export interface Unusable {
  /** Its path below the data set's folder, or its place in an archive. */
  readonly name: string
  /** Why, in words. */
  readonly reason: string
}

/** A data set that is known, wherever its files are: the release has a recipe for it. */
export type Published = 'cifar10' | 'cifar100'

/** Pictures with classes, to train on and to test with. */
export interface Dataset {
  /** For messages: a path, a URL, or what kind of object it is. */
  readonly name: string
  /** The names of the classes, by their numbers. */
  readonly classes: readonly string[]
  readonly train: Split
  /** Chooses the best of several states. It is held out from the training pictures where there is none. */
  readonly validation: Split
  /** Undefined if the data set has none. */
  readonly test: Split | undefined
  /** Undefined for data sets of one's own. */
  readonly published: Published | undefined
  /** What was left out while the data set was opened, such as files without a class. */
  readonly unusable: readonly Unusable[]
  /** Closes its files. */
  close(): Promise<void>
}

/** Some samples of a split, in a given order. */
export function subset(split: Split, places: ArrayLike<number>): Split {
  return {
    size: places.length,
    name: (index) => split.name(places[index]!),
    label: (index) => split.label(places[index]!),
    read: (index, signal) => split.read(places[index]!, signal),
  }
}

/** Several splits one after another. */
export function joined(splits: readonly Split[]): Split {
  if (splits.length === 1) return splits[0]!
  const starts: number[] = []
  let size = 0
  for (const split of splits) {
    starts.push(size)
    size += split.size
  }
  const find = (index: number): [Split, number] => {
    let part = starts.length - 1
    while (starts[part]! > index) part--
    return [splits[part]!, index - starts[part]!]
  }
  return {
    size,
    name: (index) => find(index)[0].name(find(index)[1]),
    label: (index) => find(index)[0].label(find(index)[1]),
    read: (index, signal) => find(index)[0].read(find(index)[1], signal),
  }
}
