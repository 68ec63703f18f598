import { platform } from '#platform'
import { requireAttached } from '../bytes/detached.ts'
import { ArgumentError, LimitError, SourceError } from '../errors.ts'
import { show } from '../fields.ts'
import { checkPixels, type DecodeOptions, decodeImage } from './decode.ts'
import type { ImageInput, RawImage, RGBImage } from './image.ts'
import { nameOfImage } from './name.ts'
import { countChannels, dropAlpha } from './rgba.ts'

export interface InputOptions extends DecodeOptions {
  /** The largest encoded image that is read, in bytes; 128 MiB unless said otherwise. */
  readonly maxBytes?: number
}

const DEFAULT_MAX_BYTES = 128 * 2 ** 20

/** A scheme of two letters or more: one letter and a colon is a Windows drive. */
const URL_PATTERN = /^[a-z][a-z0-9+.-]+:/i

/**
 * Reads whatever names or holds an image, as 8-bit RGB.
 *
 * @param input a path; a URL (`https:`, `data:`, `blob:`, or `file:` where there are files) as a
 *   string or `URL`; a `Blob`, `ArrayBuffer` or `Uint8Array` with an encoded image; or raw pixels
 *   with width and height (`ImageData` is one), their alpha ignored
 * @throws SourceError when the bytes can't be had, LimitError when there are too many bytes or
 *   pixels, ArgumentError when `input` is none of these or its buffer was transferred, and what
 *   `decodeImage` throws
 */
export async function toRGB(input: ImageInput, options: InputOptions = {}): Promise<RGBImage> {
  options.signal?.throwIfAborted()
  if (isRaw(input)) return fromRaw(input, options.maxPixels)
  const bytes = await readBytes(input, options)
  try {
    requireAttached(bytes, 'the image')
    return await decodeImage(bytes, options)
  } catch (error) {
    // Decoders say all kinds of things of bytes that are gone.
    if (!options.signal?.aborted) requireAttached(bytes, 'the image')
    throw error
  }
}

function isRaw(input: ImageInput): input is RawImage {
  return typeof input === 'object' && input !== null && 'width' in input && 'data' in input
}

function fromRaw(image: RawImage, maxPixels?: number): RGBImage {
  const { width, height, data } = image
  if (ArrayBuffer.isView(data)) requireAttached(data, 'the image')
  // Each is read once: what is checked is what is used.
  const channels = countChannels({ width, height, data })
  checkPixels(width, height, maxPixels)
  return { width, height, data: channels === 4 ? dropAlpha(data) : new Uint8Array(data) }
}

async function readBytes(
  input: Exclude<ImageInput, RawImage>,
  { maxBytes = DEFAULT_MAX_BYTES, signal }: InputOptions,
): Promise<Uint8Array> {
  if (input instanceof Uint8Array) return input
  if (input instanceof ArrayBuffer) {
    requireAttached(input, 'the image')
    return new Uint8Array(input)
  }
  if (input instanceof Blob) {
    checkBytes(input.size, maxBytes, 'This blob')
    return readBlob(input)
  }
  if (input instanceof URL || (typeof input === 'string' && URL_PATTERN.test(input))) {
    const url = parseURL(input)
    return url.protocol === 'file:' ? readFile(url, maxBytes) : fetchBytes(url, maxBytes, signal)
  }
  if (typeof input === 'string') return readFile(input, maxBytes)
  throw new ArgumentError(
    'An image is a path, a URL, a Blob, an ArrayBuffer, a Uint8Array, or raw pixels with width, ' +
      `height and data; this is ${show(input)}.`,
  )
}

/** The file behind a blob may be gone by now. */
async function readBlob(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer())
  } catch (cause) {
    throw new SourceError(`Can't read ${nameOfImage(blob)}: ${(cause as Error).message}`, { cause })
  }
}

function checkBytes(size: number, maxBytes: number, what: string): void {
  if (size <= maxBytes) return
  throw new LimitError(`${what} has ${size} bytes, the limit for an encoded image is ${maxBytes}.`)
}

function parseURL(input: string | URL): URL {
  try {
    return new URL(input)
  } catch (cause) {
    throw new ArgumentError(`${JSON.stringify(String(input))} is not a URL.`, { cause })
  }
}

async function readFile(path: string | URL, maxBytes: number): Promise<Uint8Array> {
  const file = await platform.openFile(path)
  try {
    checkBytes(file.size, maxBytes, String(path))
    return await file.read(0, file.size)
  } finally {
    await file.close()
  }
}

async function fetchBytes(url: URL, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
  // A data: URL carries the whole picture: too long for a message.
  const name = url.href.length > 200 ? `${url.href.slice(0, 60)}…` : url.href
  try {
    const response = await fetch(url, signal ? { signal } : {})
    if (!response.ok) throw new SourceError(`Can't fetch ${name}: HTTP ${response.status}.`)
    checkBytes(Number(response.headers.get('content-length') ?? 0), maxBytes, name)
    return await readStream(response, maxBytes, name)
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof SourceError || cause instanceof LimitError) throw cause
    const reason = (cause as Error).cause ?? cause
    throw new SourceError(`Can't fetch ${name}: ${(reason as Error).message}.`, { cause })
  }
}

/** Reads a body of unknown length, and stops where it passes the limit. */
async function readStream(response: Response, maxBytes: number, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done || !value) break
    length += value.length
    if (length > maxBytes) {
      await reader?.cancel()
      checkBytes(length, maxBytes, `${name} so far`)
    }
    parts.push(value)
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
