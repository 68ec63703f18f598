import { ArgumentError } from '../errors.ts'
import { nearestNames } from '../nearest.ts'
import { show } from '../show.ts'
import type { PublishedVariant } from './published-family.ts'

const shortName = (name: string) => name.replace(/^ViT-/, '')

/**
 * A published variant by its name.
 * @param name as in the table, with or without the `ViT-`: `ViT-B_16`, `B_16`
 * @throws ArgumentError for a name that is not in the table
 */
export function findVariant<V extends PublishedVariant>(variants: readonly V[], name: string): V {
  const found = variants.find((row) => row.name === name || shortName(row.name) === name)
  if (found) return found
  const all = variants.map((row) => row.name)
  const known = [...all, ...all.map(shortName)]
  const [near] = typeof name === 'string' ? nearestNames(name, known, 1) : []
  const hint = near === undefined ? '.' : `; did you mean ${near}?`
  throw new ArgumentError(`There is no variant ${show(name)}${hint} There are ${all.join(', ')}.`)
}
