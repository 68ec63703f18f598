import { platform } from '#platform'
import { ArgumentError, SourceError, VitrineError } from '../errors.ts'
import { connectionFailure } from '../platform/http.ts'
import { locateFile } from '../platform/locator.ts'
import { nameOfUrl, visible, withoutSecretsInError } from '../platform/url-name.ts'
import { checkBytes } from './check-bytes.ts'

/** Reads the file that a path or a URL names. */
export async function readFrom(
  input: string | URL,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (typeof input === 'string') checkText(input)
  const located = await locateFile(input)
  if (located.kind === 'url') return fetchBytes(located.url, maxBytes, signal)
  return readFile(located.path, maxBytes)
}

/** Longer than any path (4,096 bytes on Linux, 32,767 characters on Windows) or URL that servers accept. */
const LONGEST_NAME = 2 ** 15
const SHOWN = 60

/** Rejects texts that are contents rather than names. */
function checkText(text: string): void {
  if (/^data:/i.test(text)) return
  const start = JSON.stringify(text.slice(0, SHOWN))
  if (isBase64(text)) {
    throw new ArgumentError(
      `The image is a text of ${text.length} characters that looks like base64: ${start}…. Put ` +
        '"data:image/jpeg;base64," (or png, webp) before it, or pass the bytes it stands for.',
    )
  }
  if (text.length > LONGEST_NAME) {
    throw new ArgumentError(
      `The image is a text of ${text.length} characters, ${start}…, which is neither a path nor a URL. ` +
        'Pass the contents of a file as bytes.',
    )
  }
}

/** The start of JPEG, PNG, WebP and GIF in base64. */
const BASE64_START = /^\s*(\/9j\/|iVBORw0KGgo|UklGR|R0lGOD)/

/** Longer texts of base64 characters are not names, whatever their start. */
const LONGEST_OF_LETTERS = 4096

function isBase64(text: string): boolean {
  if (text.length < 64 || !/^[\w+/\s-]+={0,2}\s*$/.test(text.slice(0, 1024))) return false
  return BASE64_START.test(text) || text.length > LONGEST_OF_LETTERS
}

async function readFile(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await platform.openFile(path)
  try {
    checkBytes(file.size, maxBytes, visible(path))
    return await file.read(0, file.size)
  } finally {
    await file.close()
  }
}

async function fetchBytes(url: URL, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
  const name = nameOfUrl(url)
  try {
    const response = await platform.request(url.href, { signal, cache: 'default' })
    try {
      if (response.status < 200 || response.status > 299) {
        throw new SourceError(`Can't fetch ${name}: HTTP ${response.status}.`)
      }
      checkBytes(Number(response.header('content-length') ?? 0), maxBytes, name)
      return await gather(response.chunks(), maxBytes, name)
    } catch (error) {
      response.discard()
      throw error
    }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof VitrineError) throw cause
    const clean = withoutSecretsInError(cause) as Error
    throw new SourceError(`Can't fetch ${name}: ${connectionFailure(clean)}.`, { cause: clean })
  }
}

/** Reads a body of unknown length up to the limit. */
async function gather(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  name: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    checkBytes(length, maxBytes, `${name} so far`)
    parts.push(chunk)
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
