import { ArgumentError, SourceError } from '../../errors.ts'
import { nameOfUrl } from '../url-name.ts'

/** Why there may be no picture, and what to do. */
const ADVICE: Readonly<Record<string, string>> = {
  '<img>': 'An SVG image needs a width and a height.',
  '<video>': "Wait for its event 'loadeddata'.",
  '<canvas>': 'Give it a width and a height, and draw on it.',
  OffscreenCanvas: 'Give it a width and a height, and draw on it.',
  ImageBitmap: 'It was closed or transferred; pass it before that.',
  VideoFrame: 'It was closed or transferred; pass it before that.',
}

/** @param name of the kind of picture, as above */
export const noPicture = (name: string) =>
  new ArgumentError(`This ${name} has no picture. ${ADVICE[name]}`)

export function notLoaded({ currentSrc, src }: HTMLImageElement, cause: unknown): SourceError {
  const url = currentSrc || src
  const what = url === '' ? 'it has no source' : `${nameOfUrl(url)} did not load as an image`
  return new SourceError(`This <img> has no picture: ${what}.`, { cause })
}

export function unreadable(name: string, cause: unknown): SourceError {
  if ((cause as DOMException)?.name !== 'SecurityError') {
    return new SourceError(`Can't read this ${name}: ${(cause as Error).message}`, { cause })
  }
  return new SourceError(
    `This page may not read the pixels of this ${name}: they are from another origin. Set ` +
      "crossOrigin = 'anonymous' on the <img> or <video> before its src; the other server must allow it " +
      'with the header Access-Control-Allow-Origin.',
    { cause },
  )
}
