/**
 * The first key that stands twice in one object of a valid JSON text, of which `JSON.parse` would
 * silently keep the last. A loop, since regular expressions run out of stack on long strings.
 */
export function repeatedKey(json: string): string | undefined {
  const keys: Set<string>[] = []
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (character === '{') keys.push(new Set())
    else if (character === '}') keys.pop()
    else if (character === '"') {
      const end = stringEnd(json, at)
      if (isKey(json, end)) {
        // Two spellings of one key are one key: "a" and "\u0061".
        const key: string = JSON.parse(json.slice(at, end))
        const seen = keys.at(-1)
        if (seen?.has(key)) return key
        seen?.add(key)
      }
      at = end - 1
    }
  }
  return undefined
}

/** The place behind the closing quote of the string that begins at `start`. */
function stringEnd(json: string, start: number): number {
  let at = start + 1
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

function isKey(json: string, end: number): boolean {
  let at = end
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\t' || json[at] === '\r') at++
  return json[at] === ':'
}
