import { ArgumentError, LimitError } from '../../errors.ts'
import { type Publisher, rowName } from './publisher.ts'
import { type Names, scopesOf, sharedScope } from './scopes.ts'

/** A model within a file: where the names of a publisher's table begin. */
export interface Root {
  readonly publisher: Publisher
  /** What stands before all of its names, with the separator: `teacher.backbone.`, or ''. */
  readonly prefix: string
}

/** A file of more copies of a model is made to exhaust. */
const maxRoots = 64

/**
 * Every place where a model may begin. Whatever wrapped it, `module.`, `_orig_mod.`, `state_dict.`,
 * `base_model.model.`, is what stands before the one tensor that no model goes without.
 */
export function findRoots(
  { tensors }: Names,
  publishers: readonly Publisher[],
  file: string,
): Root[] {
  const roots: Root[] = []
  for (const name of tensors.keys()) {
    for (const publisher of publishers) {
      const { anchor } = publisher
      if (!name.endsWith(anchor)) continue
      const prefix = name.slice(0, -anchor.length)
      if (scopesOf(name).includes(prefix)) roots.push({ publisher, prefix })
    }
  }
  if (roots.length > maxRoots) {
    throw new LimitError(`${file} has ${roots.length} models; ${maxRoots} at most are told apart.`)
  }
  return roots
}

/** Moments of optimisers are copies of the model's tensors under the same names. */
export const optimiserState =
  /(^|[./])(opt_state|param_states|optimizers?|optim|lr_schedulers?|opt\/state)[./]/

/** Does the root have a position embedding and blocks? Anchors alone may be of anything. */
export function isComplete({ publisher, prefix }: Root, names: Names): boolean {
  const has = (scope: string) => names.scopes.has(prefix + scope)
  const position = publisher.tensors.filter(([, slot]) => slot === 'position')
  return (
    !optimiserState.test(prefix) &&
    position.some(([tensor]) => names.tensors.has(prefix + tensor)) &&
    [...blockScopes(publisher)].some(has)
  )
}

/** The scopes that blocks are in: `blocks.`, `Transformer/`. */
function blockScopes({ tensors }: Publisher): ReadonlySet<string> {
  const inBlocks = tensors.filter(([tensor]) => tensor.includes('#'))
  return new Set(inBlocks.map(([tensor]) => scopesOf(tensor.split('#')[0]!).at(-1)!))
}

/** Averages of a training's weights are what its results were measured with. */
const averaged = /(^|[./_])(ema|teacher|averaged|swa|target_encoder)([./_]|$)/

/**
 * The model that is loaded of several: the one asked for; else the complete one; of several complete
 * ones the average, as is the rule in timm (`model_ema`) and DINO (`teacher`).
 * @throws ArgumentError where that leaves a choice
 */
export function chooseRoot(
  roots: readonly Root[],
  names: Names,
  wanted: string | undefined,
  file: string,
): Root {
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
  if (complete.length < 2) return complete[0] ?? roots[0]!
  const averages = complete.filter(({ prefix }) => averaged.test(prefix))
  if (averages.length === 1) return averages[0]!
  throw new ArgumentError(
    `${file} has ${complete.length} models, whose names begin with ${list()}; pass one of these as prefix.`,
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
    return (name) =>
      name.startsWith(prefix) &&
      !name.startsWith(chosen.prefix) &&
      own.has(rowName(name.slice(prefix.length)))
  }
  const common = sharedScope(prefix, chosen.prefix)
  const branch = scopesOf(prefix).find((scope) => scope.length > common.length)!
  return (name) => name.startsWith(branch)
}
