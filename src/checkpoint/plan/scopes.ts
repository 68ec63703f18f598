import type { CheckpointFile, TensorInfo } from '../checkpoint.ts'
import { isScale } from '../read/scales.ts'

/** Names of tensors are paths; a scope is the beginning of one with its separator, `model.vit.`, or ''. */

/** No model's module tree is deeper. */
const maxDepth = 16

/** The scopes of a name, from '' to the innermost. */
export function scopesOf(name: string): string[] {
  const scopes = ['']
  for (let at = 0; at < name.length && scopes.length <= maxDepth; at++) {
    if (name[at] === '.' || name[at] === '/') scopes.push(name.slice(0, at + 1))
  }
  return scopes
}

/** A scope and those around it, itself first, '' last. */
export const scopesAround = (scope: string): string[] => scopesOf(scope).reverse()

/** The innermost scope around one that a name is in. */
export const sharedScope = (name: string, scope: string): string =>
  scopesAround(scope).find((outer) => name.startsWith(outer))!

/** The tensors of a file by their names, without the parts that wrappers put between others. */
export interface Names {
  readonly tensors: ReadonlyMap<string, TensorInfo>
  /** All scopes that any name is in. */
  readonly scopes: ReadonlySet<string>
}

/** Parts that `torch.compile` and FSDP put before whatever module they wrap. */
const wrapped = /(?<=^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\./g

export function namesOf({ tensors }: CheckpointFile): Names {
  const names = new Map<string, TensorInfo>()
  const scopes = new Set<string>()
  for (const [stored, tensor] of tensors) {
    if (isScale(tensors, stored)) continue
    const short = stored.replace(wrapped, '')
    // If two names would become equal, the second stays unchanged and is reported as extra.
    const name = names.has(short) ? stored : short
    names.set(name, tensor)
    for (const scope of scopesOf(name)) scopes.add(scope)
  }
  return { tensors: names, scopes }
}
