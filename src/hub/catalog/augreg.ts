import { ArgumentError, FormatError, SourceError } from '../../errors.ts'

/** What the name of a file in `vit_models/augreg` says. */
export interface AugRegFile {
  /** `B_16`, `R26_S_32`. */
  readonly model: string
  /** What it was pre-trained on: `i1k`, `i21k`, `i21k_30` (30 epochs). */
  readonly ds: string
  /** What it was fine-tuned on, if it was. */
  readonly adaptDs?: string
  readonly resolution: number
}

const grammar =
  /^(R50_L_32|R26_S_32|R_Ti_16|Ti_16|S_16|S_32|B_8|B_16|B_32|L_16)-(i1k|i21k_30|i21k)-\d+ep-lr_[\d.]+-aug_[a-z]+\d?-wd_[\d.]+-do_[\d.]+-sd_[\d.]+(?:--(\w+)-steps_[\d.]+k-lr_[\d.]+-res_(\d+))?$/

/** Undefined for what is no name of such a file, which is given without folder and `.npz`. */
export function parseAugRegFile(name: string): AugRegFile | undefined {
  const [, model, ds, adaptDs, resolution] = grammar.exec(name) ?? []
  if (model === undefined || ds === undefined) return undefined
  return { model, ds, ...(adaptDs && { adaptDs }), resolution: Number(resolution ?? 224) }
}

/** The name of the variant as vit_jax/configs/models.py has it. */
export const augRegVariant = (model: string) =>
  model.startsWith('R') ? model.replace(/_(Ti|S|B|L)_/, '+ViT-$1_') : `ViT-${model}`

/** What is wanted of the table of all of them; what is not given may be anything. */
export interface AugRegQuery {
  /** As in the table or in file names: `B/16`, `B_16`. */
  readonly name?: string
  readonly ds?: string
  /** Fine-tuned on this; `none` for files that are not. */
  readonly dataset: string
  readonly resolution?: number
}

/** A row of AugReg's table: a checkpoint and its accuracy. */
export interface AugRegEntry {
  /** The name of its file, which `load` takes. */
  readonly file: string
  /** The model as the table names it, such as `B/16`. */
  readonly name: string
  /** The data of its pre-training: `i1k`, `i21k`, or `i21k_30` (30 epochs). */
  readonly ds: string
  /** The data set of its fine-tuning, such as `imagenet2012`; `none` without one. */
  readonly dataset: string
  /** Side length of its input, in pixels. */
  readonly resolution: number
  /** Accuracy in percent on data held out from training, by which the best row is chosen. */
  readonly validation: number
  /** Accuracy in percent on the test set. */
  readonly test: number
  /** Number of parameters. */
  readonly parameters: number
}

const keys = ['name', 'ds', 'dataset', 'resolution'] as const
/** The table's own names for them. */
const synonyms: Readonly<Record<string, (typeof keys)[number]>> = {
  adapt_ds: 'dataset',
  adapt_resolution: 'resolution',
  res: 'resolution',
}

/**
 * Reads `B/16,dataset=cifar100,resolution=384`; the first part may do without its key, and without a
 * dataset ImageNet-2012 is meant.
 * @throws ArgumentError naming the keys
 */
export function parseAugRegQuery(text: string): AugRegQuery {
  const query: Record<string, string | number> = { dataset: 'imagenet2012' }
  for (const part of text.split(/[,&\s]+/).filter(Boolean)) {
    const [first, second] = part.split('=') as [string, string?]
    const key = second === undefined ? 'name' : (synonyms[first] ?? first)
    const value = second ?? first
    if (!(keys as readonly string[]).includes(key) || value === '') {
      throw new ArgumentError(
        `augreg: can't be asked for ${JSON.stringify(part)}; it knows ${keys.join(', ')}, as in augreg:B/16,dataset=cifar100,resolution=224.`,
      )
    }
    query[key] = key === 'resolution' ? parseResolution(value) : value
  }
  return query as unknown as AugRegQuery
}

function parseResolution(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new ArgumentError(`A resolution is a number of pixels, not ${JSON.stringify(text)}.`)
}

/** @throws FormatError for what is another table, or none */
export function checkAugRegTable(csv: string): void {
  const columns = csv.split('\n', 1)[0]!
  for (const dataset of ['none', 'imagenet2012']) queryAugReg(columns, { dataset })
}

const sameName = (a: string, b: string) => a.replace(/[+/]/g, '_') === b.replace(/[+/]/g, '_')

/**
 * The rows of `augreg/index.csv` that a query asks for, the best first.
 * @throws FormatError where it is another table
 */
export function queryAugReg(csv: string, query: AugRegQuery): AugRegEntry[] {
  const lines = csv.split(/\r?\n/)
  const columns = lines[0]!.split(',')
  const column = (name: string) => {
    const at = columns.indexOf(name)
    if (at < 0) throw new FormatError(`The table of augreg has no column ${name}.`)
    return at
  }
  const preTrained = query.dataset === 'none'
  const at = {
    name: column('name'),
    ds: column('ds'),
    dataset: column('adapt_ds'),
    resolution: column('adapt_resolution'),
    validation: column(preTrained ? 'final_val' : 'adapt_final_val'),
    test: column(preTrained ? 'final_test' : 'adapt_final_test'),
    parameters: column('params'),
    file: column(preTrained ? 'filename' : 'adapt_filename'),
  }
  const found = new Map<string, AugRegEntry>()
  for (const line of lines.slice(1)) {
    const cells = line.split(',')
    if (cells.length !== columns.length) continue
    const entry: AugRegEntry = {
      file: cells[at.file]!,
      name: cells[at.name]!,
      ds: cells[at.ds]!,
      dataset: preTrained ? 'none' : cells[at.dataset]!,
      resolution: preTrained ? 224 : Number(cells[at.resolution]),
      validation: percent(cells[at.validation]!),
      test: percent(cells[at.test]!),
      parameters: Number(cells[at.parameters]),
    }
    if (matches(entry, query)) found.set(entry.file, entry)
  }
  return [...found.values()].sort((a, b) => b.validation - a.validation)
}

function matches(entry: AugRegEntry, { name, ds, dataset, resolution }: AugRegQuery): boolean {
  return (
    (name === undefined || sameName(entry.name, name)) &&
    (ds === undefined || entry.ds === ds) &&
    entry.dataset === dataset &&
    (resolution === undefined || entry.resolution === resolution)
  )
}

const percent = (text: string) => Math.round(Number(text) * 1e4) / 100

/** @throws SourceError where nothing is like that */
export function bestOf(entries: readonly AugRegEntry[], query: string): AugRegEntry {
  if (entries[0]) return entries[0]
  throw new SourceError(`Nothing in augreg's table is like ${JSON.stringify(query)}.`)
}
