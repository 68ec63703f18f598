import { ArgumentError, LimitError } from '../../errors.ts'
import { type Kind, type Publisher, rowName } from './publisher.ts'
import { findSign } from './relatives.ts'
import { type Names, scopesOf, sharedScope } from './scopes.ts'

/** A model within a file: where the names of a publisher's table begin. */
export interface Root<K extends Kind = Kind> {
  readonly kind: K
  readonly publisher: Publisher
  /** What stands before all of its names, with the separator: `teacher.backbone.`, or ''. */
  readonly prefix: string
}

/** A file with more models is an attack or a mistake. */
const maxRoots = 64

/**
 * Every place where a model may begin. Whatever wrapped it, `module.`, `_orig_mod.`, `state_dict.`,
 * `base_model.model.`, is what stands before its anchor. Where kinds have the same anchor, the first
 * one counts of which the model is no relative, as far as names tell; else the last.
 */
export function findRoots<K extends Kind>(
  names: Names,
  kinds: readonly K[],
  file: string,
): Root<K>[] {
  const roots = new Map<string, Root<K>>()
  for (const name of names.tensors.keys()) {
    for (const kind of kinds) {
      for (const publisher of kind.publishers) {
        const { anchor, without } = publisher
        if (!name.endsWith(anchor)) continue
        const prefix = name.slice(0, -anchor.length)
        if (!scopesOf(name).includes(prefix)) continue
        if (without && below(prefix, names).some((short) => without.test(short))) continue
        const root = { kind, publisher, prefix }
        const place = `${prefix.length} ${name}`
        const other = roots.get(place)
        if (!other || isRelative(other, names)) roots.set(place, root)
      }
    }
  }
  if (roots.size > maxRoots) {
    throw new LimitError(`${file} has ${roots.size} models; ${maxRoots} at most are told apart.`)
  }
  return [...roots.values()]
}

/** Do the names below a root tell that it is of another kind? */
function isRelative({ kind, prefix }: Root, names: Names): boolean {
  const short = below(prefix, names)
  const whole = short.map((name) => prefix + name)
  return Boolean(findSign(kind.relatives.inside, short) ?? findSign(kind.relatives.around, whole))
}

/** What follows a prefix in the names that have it. */
const below = (prefix: string, { tensors }: Names): string[] =>
  [...tensors.keys()].flatMap((name) =>
    name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
  )

/** Moments of optimisers are copies of the model's tensors under the same names. */
export const optimiserState =
  /(^|[./])(opt_state|param_states|optimizers?|optim|lr_schedulers?|opt\/state)[./]/

/** Does the root have what every model of its kind has, and blocks? Anchors alone may be of anything. */
export function isComplete({ kind, publisher, prefix }: Root, names: Names): boolean {
  const has = (slot: string) =>
    publisher.tensors.some(([tensor, of]) => of === slot && names.tensors.has(prefix + tensor))
  const blocks = [...blockScopes(publisher)]
  return (
    !optimiserState.test(prefix) &&
    kind.essential.every(has) &&
    (blocks.length === 0 || blocks.some((scope) => names.scopes.has(prefix + scope)))
  )
}

/** The scopes that blocks are in: `blocks.`, `Transformer/`. */
function blockScopes({ tensors }: Publisher): ReadonlySet<string> {
  const inBlocks = tensors.filter(([tensor]) => tensor.includes('#'))
  return new Set(inBlocks.map(([tensor]) => scopesOf(tensor.split('#')[0]!).at(-1)!))
}

/** Names of averaged weights; a training's published results are those of the average. */
const averaged = /(^|[./_])(ema|teacher|averaged|swa|target_encoder)([./_]|$)/

/**
 * Chooses the model to load: the wanted one, else the only complete one, else the only average among
 * several complete ones, which is the rule in timm (`model_ema`) and DINO (`teacher`).
 * @throws ArgumentError if several remain
 */
export function chooseRoot<K extends Kind>(
  roots: readonly Root<K>[],
  names: Names,
  wanted: string | undefined,
  file: string,
): Root<K> {
  const complete = roots.filter((root) => isComplete(root, names))
  const list = () => roots.map(({ prefix }) => JSON.stringify(prefix)).join(', ')
  if (wanted !== undefined) {
    const found = (complete.length > 0 ? complete : roots).filter(({ prefix }) =>
      [wanted, `${wanted}.`, `${wanted}/`].includes(prefix),
    )
    if (found.length > 0) return found[0]!
    throw new ArgumentError(
      `${file} has no model whose names begin with ${JSON.stringify(wanted)}; it has ${list()}.`,
    )
  }
  const whole = complete.filter((root) => !complete.some((other) => isPartOf(root, other)))
  if (whole.length < 2) return whole[0] ?? roots[0]!
  const averages = whole.filter(({ prefix }) => averaged.test(prefix))
  if (averages.length === 1) return averages[0]!
  throw new ArgumentError(
    `${file} has ${whole.length} models, whose names begin with ${list()}; pass one of these as prefix.`,
  )
}

/** Is a model a part of another one, as the image tower is of a model of images and texts? */
export function isPartOf(part: Root, { publisher, prefix }: Root): boolean {
  const anchor = part.prefix + part.publisher.anchor
  return (
    part.prefix.length > prefix.length &&
    publisher.tensors.some(([tensor]) => prefix + tensor === anchor)
  )
}

/**
 * Whether a tensor belongs to another model than the chosen one: it is below the part of the path
 * where the two go apart (`student.` beside `teacher.backbone.`), or, where the other model is around
 * the chosen one, it has a name of its publisher's table.
 */
export function belongsTo({ publisher, prefix }: Root, chosen: Root): (name: string) => boolean {
  if (chosen.prefix.startsWith(prefix)) {
    const own = new Set(publisher.tensors.map(([tensor]) => tensor))
    const isOwn = (name: string) => own.has(rowName(name)) || publisher.others?.test(name)
    return (name) =>
      name.startsWith(prefix) &&
      !name.startsWith(chosen.prefix) &&
      Boolean(isOwn(name.slice(prefix.length)))
  }
  const common = sharedScope(prefix, chosen.prefix)
  const branch = scopesOf(prefix).find((scope) => scope.length > common.length)!
  return (name) => name.startsWith(branch)
}
