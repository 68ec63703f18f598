import { VitrineError } from 'vitrine'

/** Larger uploads are refused: an isolate has 128 MB, and requests that wait have their pictures in memory. */
const MAX_BYTES = 5 * 2 ** 20

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
export async function readUpload(request: Request): Promise<ArrayBuffer> {
  if (request.method !== 'POST') {
    throw new Refusal(405, 'POST a JPEG, PNG or WebP image.', { allow: 'POST' })
  }
  if (request.headers.get('content-type')?.startsWith('multipart/')) {
    throw new Refusal(415, 'Send the image itself as the body, not a form.')
  }
  const length = request.headers.get('content-length')
  if (length === null) throw new Refusal(411, 'Send the size of the image, content-length.')
  if (Number(length) > MAX_BYTES) throw new Refusal(413, `An image may have ${MAX_BYTES} bytes.`)
  const bytes = await request.arrayBuffer()
  if (bytes.byteLength === 0) {
    throw new Refusal(400, 'The body is empty; send a JPEG, PNG or WebP image.')
  }
  return bytes
}
