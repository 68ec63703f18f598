import { excerpt, isObject, type Json, NeighbourError } from './json.ts'

/** The names of some classes, by their place in the head. */
export type ClassNames = ReadonlyMap<number, string>

/**
 * `["ant", "bee"]`, or `{"0": "ant", "1": "bee"}`, perhaps with gaps.
 * @throws FormatError naming file and field
 */
export function parseClassNames(value: unknown, file: string, key: string): ClassNames | undefined {
  if (value === undefined || value === null) return undefined
  const entries: [string | number, unknown][] | undefined = Array.isArray(value)
    ? [...value.entries()]
    : isObject(value)
      ? Object.entries(value as Json)
      : undefined
  const names = new Map<number, string>()
  for (const [place, name] of entries ?? []) {
    const isPlace = typeof place === 'number' || /^\d{1,9}$/.test(place)
    const isName = typeof name === 'string' || typeof name === 'number'
    if (isPlace && isName) names.set(Number(place), String(name))
    else if (!isPlace || name !== null) {
      throw new NeighbourError(
        file,
        `must have names by the number of their class as ${key}, not ${excerpt({ [place]: name })}.`,
      )
    }
  }
  if (!entries) {
    throw new NeighbourError(file, `must have class names as ${key}, not ${excerpt(value)}.`)
  }
  return names.size > 0 ? names : undefined
}

/**
 * One name for each class of a head; a class without a name has its number.
 * @returns undefined where a name belongs to no class
 */
export function namesOfHead(names: ClassNames, classes: number): string[] | undefined {
  if ([...names.keys()].some((place) => place >= classes)) return undefined
  return Array.from({ length: classes }, (_, place) => names.get(place) ?? String(place))
}
