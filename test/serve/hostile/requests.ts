/** Requests of the Open Inference Protocol, with binary tensors, put together by hand so that they can be wrong. */

export interface Sent {
  readonly body: Uint8Array<ArrayBuffer>
  readonly headers: Readonly<Record<string, string>>
}

const utf8 = new TextEncoder()

/** A request in JSON alone. */
export function inJSON(value: unknown): Sent {
  return {
    body: utf8.encode(typeof value === 'string' ? value : JSON.stringify(value)),
    headers: {},
  }
}

/** JSON and the bytes of tensors behind it. `length` is what the header says of the JSON, its length if not given. */
export function binary(value: unknown, tensors: Uint8Array, length?: string): Sent {
  const json = utf8.encode(JSON.stringify(value))
  const headers = { 'inference-header-content-length': length ?? String(json.length) }
  return { body: join(json, tensors), headers }
}

export function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** An element of a BYTES tensor: its length, and its bytes. `length` may lie. */
export function element(bytes: Uint8Array, length = bytes.length): Uint8Array<ArrayBuffer> {
  const prefix = new Uint8Array(4)
  new DataView(prefix.buffer).setUint32(0, length, true)
  return join(prefix, bytes)
}

/** The input that takes images, in binary, with some fields changed. */
export function imageInput(tensors: Uint8Array, changes: object = {}) {
  return {
    name: 'image',
    shape: [1],
    datatype: 'BYTES',
    parameters: { binary_data_size: tensors.length },
    ...changes,
  }
}

/** The bytes of JSON with so many brackets around nothing. */
export function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}
