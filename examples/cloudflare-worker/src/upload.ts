import { VitrineError } from 'vitrine'

/** Larger uploads are refused: they are in memory until they are decoded. */
const MAX_BYTES = 10 * 2 ** 20

/** An answer to a request that can't be served. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message)
  }
}

/** What the client did wrong, by the `code` of vitrine's errors; everything else is a fault of ours. */
const STATUS: Readonly<Record<string, number>> = {
  FORMAT: 400,
  LIMIT: 413,
  UNSUPPORTED: 415,
  MEMORY: 503,
}

export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const status = error instanceof VitrineError ? STATUS[error.code] : undefined
  if (status) return new Refusal(status, (error as Error).message)
  return new Refusal(500, 'The picture could not be classified.')
}

/** The body of a request, which is an encoded image. */
export async function readUpload(request: Request): Promise<Uint8Array> {
  if (request.method !== 'POST') {
    throw new Refusal(405, 'POST a JPEG, PNG or WebP image.', { allow: 'POST' })
  }
  if (request.headers.get('content-type')?.startsWith('multipart/')) {
    throw new Refusal(415, 'Send the image itself as the body, not a form.')
  }
  if (Number(request.headers.get('content-length')) > MAX_BYTES) throw tooLarge()
  const parts: Uint8Array[] = []
  let length = 0
  const reader = request.body?.getReader()
  for (let read = await reader?.read(); read && !read.done; read = await reader!.read()) {
    parts.push(read.value)
    length += read.value.length
    if (length > MAX_BYTES) throw tooLarge()
  }
  if (length === 0) throw new Refusal(400, 'The body is empty; send a JPEG, PNG or WebP image.')
  return join(parts, length)
}

const tooLarge = () => new Refusal(413, `An image may have ${MAX_BYTES} bytes.`)

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
