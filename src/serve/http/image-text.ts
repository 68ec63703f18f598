import { readBody } from './body.ts'
import { badRequest, quoted, Refusal } from './refusal.ts'

/** What an image that is a text in JSON may be, and what is allowed of it. */
export interface ImageTextOptions {
  readonly maxBytes: number
  readonly allowUrls: readonly string[]
  readonly signal: AbortSignal
}

/**
 * The bytes of an image that stands in JSON: base64, a data: URL, or a URL of an origin that is allowed.
 * @throws Refusal for other texts, and for URLs that can't be fetched
 */
export async function imageOfText(text: unknown, options: ImageTextOptions): Promise<Uint8Array> {
  if (typeof text !== 'string') {
    throw badRequest('An image in JSON must be a text: base64, or a data: URL.')
  }
  if (/^https?:/i.test(text)) return fetchImage(text, options)
  const [, base64] = /^data:[^,]*;base64,(.*)$/is.exec(text) ?? [undefined, text]
  if (/^data:/i.test(base64!)) throw badRequest('A data: URL of an image must be in base64.')
  return decodeBase64(base64!)
}

export function decodeBase64(text: string): Uint8Array {
  try {
    const letters = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
    const bytes = new Uint8Array(letters.length)
    for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i)
    return bytes
  } catch {
    throw badRequest(
      `An image in JSON must be base64, a data: URL, or bytes; it is ${quoted(text)}.`,
    )
  }
}

/** Base64 of bytes, in pieces that are whole groups of three. */
export function encodeBase64(bytes: Uint8Array): string {
  const PIECE = 3 * 2 ** 13
  let text = ''
  for (let at = 0; at < bytes.length; at += PIECE) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE)))
  }
  return text
}

async function fetchImage(
  text: string,
  { maxBytes, allowUrls, signal }: ImageTextOptions,
): Promise<Uint8Array> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !allowUrls.includes(url.origin)) {
    throw new Refusal(
      400,
      'This server fetches no such URL (--allow-urls); send the bytes of the image, or base64.',
    )
  }
  const failed = (why: string) =>
    badRequest(`The image can't be fetched from ${url.origin}: ${why}.`)
  let response: Response
  try {
    response = await fetch(url, { redirect: 'error', signal, headers: { Accept: 'image/*' } })
  } catch {
    signal.throwIfAborted()
    throw failed('there is no answer, or a redirection')
  }
  if (!response.ok) {
    await response.body?.cancel()
    throw failed(`HTTP ${response.status}`)
  }
  // The body is decompressed already, so its length and encoding say nothing.
  const body = new Response(response.body)
  return readBody(body, { maxBytes, take: () => {}, signal })
}
