import type { Field, Fields } from '../fields.ts'

/**
 * The fields of several tables as one. Where more than one table has a field, a value that any of them takes
 * will do: the family is not known before the file is.
 */
export function mergedFields(tables: readonly Fields<object>[]): Fields<object> {
  const merged: Record<string, Field> = {}
  for (const table of tables) {
    for (const [name, field] of Object.entries(table) as [string, Field][]) {
      const other = merged[name]
      merged[name] = other && other !== field ? either(other, field) : field
    }
  }
  return merged
}

function either(one: Field, other: Field): Field {
  const names = [...(one.names ?? []), ...(other.names ?? [])]
  return {
    wanted: one.wanted === other.wanted ? one.wanted : `${one.wanted}, or ${other.wanted}`,
    valid: (value) => one.valid(value) || other.valid(value),
    ...(names.length > 0 && { names }),
  }
}
