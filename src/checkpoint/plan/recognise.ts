import { CheckpointError } from '../../errors.ts'
import type { CheckpointFile, TensorInfo } from '../checkpoint.ts'
import { refuseAdapters } from './adapters.ts'
import { isBeside } from './beside.ts'
import { findHead, isInHead } from './heads.ts'
import { type Kind, type Publisher, rowName } from './publisher.ts'
import { refuseRelatives } from './relatives.ts'
import { belongsTo, chooseRoot, findRoots, isComplete, isPartOf, type Root } from './roots.ts'
import { namesOf, scopesAround, scopesOf, sharedScope } from './scopes.ts'
import { refuseState } from './training-state.ts'

export interface RecogniseOptions {
  /** Of a file with several models: what the names of the wanted one begin with, `teacher.backbone`. */
  readonly prefix?: string | undefined
  /** Only features are wanted: a head need not be understood. */
  readonly headless?: boolean | undefined
}

/** Whose names a file uses, and its tensors by the names of that publisher's table. */
export interface Recognised<K extends Kind = Kind> {
  readonly kind: K
  readonly publisher: Publisher
  /** What stands before the names of the model. */
  readonly prefix: string
  /** What stands before the names of each other complete model in the file. */
  readonly others: readonly string[]
  /** Stored name by name in the table (`#` replaced by the block's number). */
  readonly stored: ReadonlyMap<string, string>
  /** Stored names of what does not matter to the model: other models, optimisers, counters. */
  readonly ignored: readonly string[]
  /** Stored names outside of the model that may matter to its result. */
  readonly unexplained: readonly string[]
}

type Tensors = ReadonlyMap<string, TensorInfo>

/**
 * Finds a model by its tensors' names and shapes alone: its kind, the publisher whose names they are, their
 * prefix, and the tensors that are not part of the model.
 * @param kinds all that are read; if several fit, the first is chosen
 * @throws UnsupportedError for other kinds, adapters that are not merged and heads of several
 *   layers; ArgumentError where a file has several models; CheckpointError for names of an unknown publisher
 */
export function recognise<K extends Kind>(
  file: CheckpointFile,
  kinds: readonly K[],
  options: RecogniseOptions = {},
): Recognised<K> {
  refuseState(file)
  const names = namesOf(file)
  const roots = findRoots(names, kinds, file.name)
  if (roots.length === 0) throw unknown([...names.tensors.keys()], file.name, kinds)
  const root = chooseRoot(roots, names, options.prefix, file.name)
  const { kind, publisher, prefix } = root

  const others = roots.filter(
    (other) => other !== root && !isPartOf(other, root) && isComplete(other, names),
  )
  const ofOthers = others.map((other) => belongsTo(other, root))
  const isOfOther = (name: string) => ofOthers.some((belongs) => belongs(name))
  const model = filter(names.tensors, (name) => !isOfOther(name))
  refuseAdapters(model.keys(), file.name)
  refuseRelatives(kind.relatives.around, model.keys(), file.name)
  const inside = below(prefix, model)
  refuseRelatives(kind.relatives.inside, inside.keys(), file.name)

  const outside = filter(model, (name) => !name.startsWith(prefix))
  const outer = scopesAround(prefix).slice(1)
  const parts = [inside, ...outer.map((scope) => below(scope, outside))]
  const blocks = blocksAround(parts, publisher)
  const head = findHead(parts, publisher, !options.headless, file.name)
  const taken = new Set([...blocks.values(), ...head.tensors.values(), ...head.unused])
  const body = [...canonical(inside, publisher)].filter(([, tensor]) => !taken.has(tensor))
  const headsOfOthers = new Set(others.flatMap((other) => headAround(other, outside, file.name)))
  const isWhole = [...inside.values()].some((tensor) => head.tensors.size > 0 && taken.has(tensor))
  const matters = (name: string, tensor: TensorInfo) =>
    !options.headless &&
    !headsOfOthers.has(tensor) &&
    mayMatter(name, tensor, publisher, prefix, isWhole)

  const rest = filter(outside, (_, tensor) => !taken.has(tensor))
  const unexplained = filter(rest, matters)
  const ignored = [
    ...filter(names.tensors, isOfOther).values(),
    ...filter(rest, (name) => !unexplained.has(name)).values(),
    ...head.unused,
  ]
  return {
    kind,
    publisher,
    prefix,
    others: others.map((other) => other.prefix),
    stored: new Map(
      [...body, ...blocks, ...head.tensors].map(([name, tensor]) => [name, tensor.name]),
    ),
    ignored: ignored.map(({ name }) => name),
    unexplained: [...unexplained.values()].map(({ name }) => name),
  }
}

/**
 * Whether a tensor outside the model may change its result. If the model's head is inside, only another
 * head after it could.
 */
function mayMatter(
  name: string,
  tensor: TensorInfo,
  publisher: Publisher,
  prefix: string,
  isWhole: boolean,
): boolean {
  const relative = scopesAround(sharedScope(name, prefix)).map((scope) => name.slice(scope.length))
  if (relative.some((short) => isBeside(short, tensor, publisher))) return false
  return !isWhole || relative.some(isInHead)
}

/**
 * The blocks of a model that has none where the rest of it is, but around that: transformers 5 saves
 * ViTMSN so, `vit.embeddings` beside `encoder.layer`.
 */
function blocksAround([inside, ...outer]: readonly Tensors[], publisher: Publisher): Tensors {
  const rows = new Set(publisher.tensors.map(([row]) => row).filter((row) => row.includes('#')))
  const blocksOf = (tensors: Tensors) => filter(tensors, (name) => rows.has(rowName(name)))
  if (publisher.renumber || blocksOf(inside!).size > 0) return new Map()
  return outer.map(blocksOf).find((blocks) => blocks.size > 0) ?? new Map()
}

/** The head of another model, where it stands around that. */
function headAround({ publisher, prefix }: Root, outside: Tensors, file: string): TensorInfo[] {
  const parts = scopesAround(prefix).map((scope) => below(scope, outside))
  const { tensors, unused } = findHead(parts, publisher, false, file)
  return [...tensors.values(), ...unused]
}

/** The tensors below a scope, by the rest of their names. */
function below(scope: string, tensors: Tensors): Map<string, TensorInfo> {
  const found = new Map<string, TensorInfo>()
  for (const [name, tensor] of tensors) {
    if (name.startsWith(scope)) found.set(name.slice(scope.length), tensor)
  }
  return found
}

function filter(
  tensors: Tensors,
  isWanted: (name: string, tensor: TensorInfo) => boolean,
): Map<string, TensorInfo> {
  return new Map([...tensors].filter(([name, tensor]) => isWanted(name, tensor)))
}

/** Old numberings become those of the table. */
function canonical(tensors: Tensors, publisher: Publisher): Tensors {
  const renamed = publisher.renumber?.(tensors.keys())
  if (!renamed) return tensors
  return new Map([...renamed].map(([linen, name]) => [linen, tensors.get(name)!]))
}

/** The error for files in which no model begins: what it is, where a name tells it. */
function unknown(names: readonly string[], file: string, kinds: readonly Kind[]): Error {
  refuseAdapters(names, file)
  // What stands before the names is not known, so every rest of a name may be the name.
  const rests = names.flatMap((name) => scopesOf(name).map((scope) => name.slice(scope.length)))
  for (const { relatives } of kinds) refuseRelatives(relatives.around, names, file)
  for (const { relatives } of kinds) refuseRelatives(relatives.inside, rests, file)
  const publishers = kinds.flatMap((kind) => kind.publishers)
  const titles = new Set(publishers.map(({ title }) => title))
  const some = names.slice(0, 5).map((name) => name.slice(0, 200))
  return new CheckpointError(
    `${file} has names of no publisher known here (${[...titles].join(', ')}): ${some.join(', ') || 'none at all'}${names.length > 5 ? ', …' : ''}.`,
    { missing: publishers.map((publisher) => publisher.anchor), extra: [...names] },
  )
}
