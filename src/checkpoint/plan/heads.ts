import { UnsupportedError } from '../../errors.ts'
import type { TensorInfo } from '../checkpoint.ts'
import type { Publisher } from './publisher.ts'

/** What people call the module whose one linear layer makes classes of features. */
const words =
  /^(head|heads|classifier|fc|clf|linear|mlp_head|cls_head|linear_head|classification_head)\./

/** Is this the name, below a scope, of something in a head? */
export const isInHead = (name: string) => words.test(name)

export interface Head {
  /** By their names in the publisher's table. */
  readonly tensors: ReadonlyMap<string, TensorInfo>
  /** Tensors of a head that is not wanted. */
  readonly unused: readonly TensorInfo[]
}

const none: ReadonlyMap<string, TensorInfo> = new Map()

/**
 * The head of a model, which may stand outside of what wraps the rest, and may have been replaced:
 * `Sequential(Dropout, Linear)` is `head.1.weight`. The nearest scope that has one counts.
 * @param scopes names below each scope, the model's first, those around it after
 * @param wanted false where only features are: then no head is refused
 * @throws UnsupportedError for a head of several layers
 */
export function findHead(
  scopes: readonly ReadonlyMap<string, TensorInfo>[],
  publisher: Publisher,
  wanted: boolean,
  file: string,
): Head {
  const rows = publisher.tensors.filter(([, slot]) => slot.startsWith('head'))
  for (const names of scopes) {
    const found = rows.filter(([tensor]) => names.has(tensor))
    if (found.length > 0) {
      return { tensors: new Map(found.map(([name]) => [name, names.get(name)!])), unused: [] }
    }
    const layers = layersOf(names, publisher)
    if (layers.size === 0) continue
    // DINO's head is a projection that only its training needs.
    if (!wanted || layers.has('head.last_layer')) {
      return { tensors: none, unused: [...layers.values()].flatMap((layer) => [...layer.values()]) }
    }
    return { tensors: linear(layers, rows, file), unused: [] }
  }
  return { tensors: none, unused: [] }
}

/** Tensors by the last part of their names, `weight`. */
type Layer = ReadonlyMap<string, TensorInfo>

/** The layers of the head below a scope, by their paths. */
function layersOf(
  names: ReadonlyMap<string, TensorInfo>,
  { tensors }: Publisher,
): ReadonlyMap<string, Layer> {
  const known = new Set(tensors.map(([tensor]) => tensor))
  const layers = new Map<string, Map<string, TensorInfo>>()
  for (const [name, tensor] of names) {
    if (!isInHead(name) || known.has(name)) continue
    const dot = name.lastIndexOf('.')
    const path = name.slice(0, dot)
    const layer = layers.get(path) ?? new Map()
    layers.set(path, layer.set(name.slice(dot + 1), tensor))
  }
  return layers
}

/** The tensors of the one linear layer, by the names of the table. */
function linear(
  layers: ReadonlyMap<string, Layer>,
  rows: Publisher['tensors'],
  file: string,
): Map<string, TensorInfo> {
  const [layer] = layers.values()
  const { weight, bias, ...others } = Object.fromEntries(layer!)
  const isLinear = weight?.shape.length === 2 && Object.keys(others).length === 0
  if (layers.size > 1 || !isLinear) {
    const some = [...layers.keys()].slice(0, 6).join(', ')
    throw new UnsupportedError(
      `${file} has a head that is not one linear layer: ${some}. For the features below it, pass classes: 0.`,
    )
  }
  const name = (slot: string) => rows.find((row) => row[1] === slot)![0]
  return new Map([
    [name('head.kernel'), weight],
    ...(bias ? ([[name('head.bias'), bias]] as const) : []),
  ])
}
