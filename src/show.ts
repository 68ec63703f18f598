/** Any value whatever, for messages: short, and without a look into what may be large. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(shorten(value))
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'object':
      return value === null ? 'null' : showObject(value)
    default:
      return String(value)
  }
}

function showObject(value: object): string {
  try {
    return describeObject(value)
  } catch {
    // A proxy, or getters of the caller's own.
    return 'an object'
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) {
    if (value.length > 4) return `an array of ${value.length}`
    return `[${Array.from(value, (one) => (typeof one === 'object' ? '…' : show(one))).join(', ')}]`
  }
  const type = typeof value.constructor === 'function' ? value.constructor.name : ''
  return type === '' || type === 'Object' ? 'an object' : `an object of type ${shorten(type)}`
}

/** At most 60 characters of a text. */
export const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text)
