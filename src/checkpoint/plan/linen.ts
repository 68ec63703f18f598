const maxDepth = 32

interface Tree extends Map<string, Tree | string> {}

/**
 * Flax renumbered its modules when Linen came: one counter per block (LayerNorm_0,
 * MultiHeadDotProductAttention_1, LayerNorm_2, MlpBlock_3) became one per kind, from 0 without gaps.
 * This applies the official rule (flax's `convert_pre_linen`) to both generations, at every level,
 * in natural order: encoderblock_0, _2, _10 become 0, 1, 2.
 * @returns stored name by name in Linen's numbering
 */
export function linenNames(names: Iterable<string>): Map<string, string> {
  const root: Tree = new Map()
  for (const name of names) {
    const parts = name.split('/', maxDepth + 1)
    // No module tree is that deep; recursion must not be either.
    if (parts.length > maxDepth) continue
    let tree = root
    for (const part of parts.slice(0, -1)) {
      const branch = tree.get(part)
      const next: Tree = branch instanceof Map ? branch : new Map()
      // A name may be both an array and a group; the array then has no name within the group.
      if (typeof branch === 'string') next.set('', branch)
      tree.set(part, next)
      tree = next
    }
    const leaf = parts.at(-1)!
    const taken = tree.get(leaf)
    if (taken instanceof Map) taken.set('', name)
    else tree.set(leaf, name)
  }
  const renamed = new Map<string, string>()
  renumber(root, '', renamed)
  return renamed
}

/** The modules of an encoder block whose numbers differ, as Linen and as the code before it counts them. */
const earlier: Readonly<Record<string, string>> = {
  MultiHeadDotProductAttention_0: 'MultiHeadDotProductAttention_1',
  LayerNorm_1: 'LayerNorm_2',
  MlpBlock_0: 'MlpBlock_3',
}

/**
 * A name in Linen's numbering as the published files of ViTs have it. All readers know those numbers; timm takes
 * Linen's for the layout of big_vision.
 */
export const preLinenName = (name: string) =>
  name.replace(
    /(encoderblock_[\d#]+\/)(\w+)(?=\/)/,
    (_, block: string, module: string) => block + (earlier[module] ?? module),
  )

const numbered = /^(.*)_(\d+)$/

function renumber(tree: Tree, path: string, renamed: Map<string, string>): void {
  const counts = new Map<string, number>()
  const keys = [...tree.keys()].sort((a, b) => number(a) - number(b))
  for (const key of keys) {
    const module = numbered.exec(key)?.[1]
    const count = module === undefined ? 0 : (counts.get(module) ?? 0)
    if (module !== undefined) counts.set(module, count + 1)
    const name = module === undefined ? key : `${module}_${count}`
    const branch = tree.get(key)!
    if (typeof branch === 'string') renamed.set(path + name, branch)
    else renumber(branch, `${path}${name}/`, renamed)
  }
}

const number = (key: string) => Number(numbered.exec(key)?.[2] ?? 0)
