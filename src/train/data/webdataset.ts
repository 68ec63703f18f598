import type { ByteSource } from '../../checkpoint/source/source.ts'
import { listTar, type TarEntry } from '../../checkpoint/source/tar.ts'
import { baseName, isPicture } from '../../image/picture-names.ts'
import { show } from '../../show.ts'
import type { Found, SplitName } from './assemble.ts'
import type { Split, Unusable } from './dataset.ts'
import { DatasetError } from './errors.ts'
import { MAX_PICTURE_BYTES } from './files.ts'
import { FOLDER_SHARE } from './folders.ts'
import { indexed, type Label, type Labelling } from './labels.ts'

/** A sample as its members say: a picture, and a label as `.cls` or in `.json`. */
interface Shown {
  readonly name: string
  readonly source: ByteSource
  readonly picture: TarEntry
  readonly label: Label
}

/** The members of one sample, by their extensions. */
interface Group {
  readonly key: string
  readonly members: Map<string, TarEntry>
}

const CLASS_NAMES = ['label_name', 'class_name', 'classname']
/** A label's file is a number or a few fields. */
const MAX_LABEL_BYTES = 1 << 20

export interface ShardOptions {
  /** The names of the classes, by their numbers. */
  readonly classes?: readonly string[] | undefined
}

/**
 * WebDataset's shards, uncompressed tar archives whose members of one name are a sample: `key.jpg` (or png, webp), and
 * the class as `key.cls` or as `label` in `key.json`. Labels are numbers from 0 or texts. The classes' names are those
 * given, else what `.json` has as `label_name` or `class_name`, else the labels.
 * @param shards by split, opened; they stay so until the data set is closed
 */
export async function readShards(
  name: string,
  shards: Readonly<Partial<Record<SplitName, readonly ByteSource[]>>>,
  { classes }: ShardOptions = {},
  signal?: AbortSignal,
): Promise<Found> {
  const unusable: Unusable[] = []
  const names = new Map<number, string>()
  const shown: Partial<Record<SplitName, Shown[]>> = {}
  for (const [split, sources] of Object.entries(shards)) {
    const samples: Shown[] = []
    for (const source of sources) await readShard(source, samples, unusable, names, signal)
    shown[split as SplitName] = samples
  }
  const training = (shown.train ?? []).map(({ label }) => label)
  const labelling = indexed(training, classes, names)
  const splits: Partial<Record<SplitName, Split[]>> = {}
  for (const [split, samples] of Object.entries(shown)) {
    splits[split as SplitName] = [shardSplit(name, samples, labelling)]
  }
  return {
    name,
    classes: labelling.classes,
    splits,
    unusable,
    holdOut: { how: 'stratified', share: FOLDER_SHARE },
  }
}

async function readShard(
  source: ByteSource,
  samples: Shown[],
  unusable: Unusable[],
  names: Map<number, string>,
  signal?: AbortSignal,
): Promise<void> {
  for await (const { key, members } of groups(source, signal)) {
    const fail = (reason: string) => unusable.push({ name: `${source.name}: ${key}`, reason })
    const [, picture] = [...members].find(([extension]) => isPictureMember(extension)) ?? []
    if (!picture) {
      fail(`it has no picture, only ${[...members.keys()].join(', ')}`)
      continue
    }
    if (picture.size > MAX_PICTURE_BYTES) {
      fail(`its picture has ${picture.size} bytes, the limit is ${MAX_PICTURE_BYTES}`)
      continue
    }
    const label = await labelOf(source, members, names, signal)
    if (typeof label === 'object') fail(label.reason)
    else samples.push({ name: key, source, picture, label })
  }
}

/** `seg.png` is another member than the picture. */
const isPictureMember = (extension: string) =>
  !extension.includes('.') && isPicture(`picture.${extension}`)

/** Members of one key follow each other. A key is a path up to the first dot of its last part. */
async function* groups(source: ByteSource, signal?: AbortSignal): AsyncGenerator<Group> {
  let group: Group | undefined
  for await (const entry of listTar(source, signal)) {
    const path = entry.path.replace(/^\.\//, '')
    const base = baseName(path)
    const dot = base.indexOf('.')
    if (dot <= 0) continue
    const key = path.slice(0, path.length - base.length + dot)
    if (group && group.key !== key) {
      yield group
      group = undefined
    }
    group ??= { key, members: new Map() }
    group.members.set(base.slice(dot + 1).toLowerCase(), entry)
  }
  if (group) yield group
}

/** The label, or why there is none. */
async function labelOf(
  source: ByteSource,
  members: ReadonlyMap<string, TarEntry>,
  names: Map<number, string>,
  signal?: AbortSignal,
): Promise<Label | { reason: string }> {
  const read = async ({ offset, size }: TarEntry) =>
    new TextDecoder().decode(await source.read(offset, Math.min(size, MAX_LABEL_BYTES), signal))
  const [cls, json] = [members.get('cls'), members.get('json')]
  let fields: Record<string, unknown> = {}
  if (json) {
    try {
      fields = JSON.parse(await read(json)) as Record<string, unknown>
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      if (!cls) return { reason: 'its .json is not valid JSON' }
    }
  }
  const label = cls ? (await read(cls)).trim() : (fields?.label ?? fields?.cls)
  if (label === undefined) return { reason: 'it has no label, neither .cls nor "label" in .json' }
  if (label === '' || (typeof label !== 'string' && !Number.isSafeInteger(label))) {
    return { reason: `its label is ${show(label)}` }
  }
  const named = CLASS_NAMES.map((field) => fields?.[field]).find((it) => typeof it === 'string')
  if (typeof named === 'string' && /^\d+$/.test(String(label))) names.set(Number(label), named)
  return label as Label
}

function shardSplit(
  name: string,
  samples: readonly Shown[],
  { classes, numberOf }: Labelling,
): Split {
  const labels = samples.map((sample) => {
    const number = numberOf(sample.label)
    if (number !== undefined) return number
    throw new DatasetError(
      `${sample.name} in ${name} has the label ${show(sample.label)}, which is none of the ${classes.length} classes. Correct it, or give the names of all classes.`,
    )
  })
  return {
    size: samples.length,
    name: (index) => samples[index]!.name,
    label: (index) => labels[index]!,
    async read(index, signal) {
      const { name, source, picture } = samples[index]!
      const image = await source.read(picture.offset, picture.size, signal)
      return { name, label: labels[index]!, image }
    },
  }
}
