import { onAbort } from '../../abort.ts'
import { ArgumentError, SourceError } from '../../errors.ts'
import type { PagePicture } from '../platform.ts'
import { nameOfUrl } from '../url-name.ts'
import { toBitmap } from './bitmap.ts'

interface Size {
  readonly width: number
  readonly height: number
}

interface Kind<Source extends ImageBitmapSource> {
  readonly name: string
  /** 0 x 0 if there is no picture. */
  size(source: Source): Size
  /** Why there may be none, and what to do. */
  readonly none: string
  load?(source: Source): Promise<unknown>
}

const CANVAS: Kind<HTMLCanvasElement | OffscreenCanvas> = {
  name: '<canvas>',
  size: ({ width, height }) => ({ width, height }),
  none: 'Give it a width and a height, and draw on it.',
}

/** By the name of the interface, which is the same for objects of another window. */
const KINDS: Readonly<Record<string, Kind<never>>> = {
  HTMLImageElement: {
    name: '<img>',
    size: ({ naturalWidth, naturalHeight }) => ({ width: naturalWidth, height: naturalHeight }),
    none: 'An SVG image needs a width and a height.',
    load: loadImage,
  } satisfies Kind<HTMLImageElement>,
  HTMLVideoElement: {
    name: '<video>',
    size: ({ readyState, videoWidth, videoHeight }) =>
      readyState < HTMLMediaElement.HAVE_CURRENT_DATA
        ? { width: 0, height: 0 }
        : { width: videoWidth, height: videoHeight },
    none: "Wait for its event 'loadeddata'.",
  } satisfies Kind<HTMLVideoElement>,
  HTMLCanvasElement: CANVAS,
  OffscreenCanvas: { ...CANVAS, name: 'OffscreenCanvas' },
  ImageBitmap: {
    name: 'ImageBitmap',
    size: ({ width, height }) => ({ width, height }),
    none: 'It was closed or transferred; pass it before that.',
  } satisfies Kind<ImageBitmap>,
  VideoFrame: {
    name: 'VideoFrame',
    size: ({ displayWidth, displayHeight }) => ({ width: displayWidth, height: displayHeight }),
    none: 'It was closed or transferred; pass it before that.',
  } satisfies Kind<VideoFrame>,
}

/** Recognises elements and objects of a page that have a picture. */
export function findPagePicture(input: unknown): PagePicture | undefined {
  const type = Object.prototype.toString.call(input).slice('[object '.length, -1)
  return Object.hasOwn(KINDS, type) ? pictureOf(KINDS[type]!, input as never) : undefined
}

function pictureOf<Source extends ImageBitmapSource>(
  { name, size, none, load }: Kind<Source>,
  source: Source,
): PagePicture {
  return {
    kind: name,
    async ready(signal) {
      if (load) await untilAborted(load(source), signal)
      const found = size(source)
      if (found.width > 0 && found.height > 0) return found
      throw new ArgumentError(`This ${name} has no picture. ${none}`)
    },
    async capture() {
      let bitmap: ImageBitmap | undefined
      try {
        bitmap = await toBitmap(source)
        requireReadable(bitmap)
        return bitmap
      } catch (cause) {
        bitmap?.close()
        throw isTainted(cause)
          ? taintedError(name, cause)
          : new SourceError(`Can't read this ${name}: ${(cause as Error).message}`, { cause })
      }
    },
  }
}

async function loadImage(image: HTMLImageElement): Promise<void> {
  try {
    await image.decode()
  } catch (cause) {
    const url = image.currentSrc || image.src
    const what = url === '' ? 'it has no source' : `${nameOfUrl(url)} did not load as an image`
    throw new SourceError(`This <img> has no picture: ${what}.`, { cause })
  }
}

/** @throws the signal's reason once it is aborted */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason))
    work.then(resolve, reject).finally(release)
  })
}

/** Pages can't read pixels of other origins, and what was drawn with them. */
function requireReadable(bitmap: ImageBitmap): void {
  const context = new OffscreenCanvas(1, 1).getContext('2d')!
  context.drawImage(bitmap, 0, 0)
  context.getImageData(0, 0, 1, 1)
}

const isTainted = (error: unknown) => (error as DOMException)?.name === 'SecurityError'

const taintedError = (name: string, cause: unknown) =>
  new SourceError(
    `This page may not read the pixels of this ${name}: they are from another origin. Set ` +
      "crossOrigin = 'anonymous' on the <img> or <video> before its src; the other server must allow it " +
      'with the header Access-Control-Allow-Origin.',
    { cause },
  )
