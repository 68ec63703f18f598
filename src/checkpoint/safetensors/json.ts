/**
 * The first key that stands twice in one object of a valid JSON text, of which `JSON.parse` would
 * silently keep the last.
 */
export function repeatedKey(json: string): string | undefined {
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g
  const keys: Set<string>[] = []
  for (let match = tokens.exec(json); match; match = tokens.exec(json)) {
    if (match[0] === '{') keys.push(new Set())
    else if (match[0] === '}') keys.pop()
    else if (match[1] !== undefined) {
      // Two spellings of one key are one key: "a" and "\u0061".
      const key: string = JSON.parse(match[0].slice(0, -match[1].length))
      const seen = keys.at(-1)
      if (seen?.has(key)) return key
      seen?.add(key)
    }
  }
  return undefined
}
