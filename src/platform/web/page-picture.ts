import { onAbort } from '../../abort.ts'
import type { PagePicture } from '../platform.ts'
import { toBitmap } from './bitmap.ts'

interface Size {
  readonly width: number
  readonly height: number
}

interface Kind<Source extends ImageBitmapSource> {
  readonly name: string
  /** 0 x 0 if there is no picture. */
  size(source: Source): Size
  load?(source: Source): Promise<unknown>
}

const CANVAS: Kind<HTMLCanvasElement | OffscreenCanvas> = {
  name: '<canvas>',
  size: ({ width, height }) => ({ width, height }),
}

/** By the name of the interface, which is the same for objects of another window. */
const KINDS: Readonly<Record<string, Kind<never>>> = {
  HTMLImageElement: {
    name: '<img>',
    size: ({ naturalWidth, naturalHeight }) => ({ width: naturalWidth, height: naturalHeight }),
    load: loadImage,
  } satisfies Kind<HTMLImageElement>,
  HTMLVideoElement: {
    name: '<video>',
    size: ({ readyState, videoWidth, videoHeight }) =>
      readyState < HTMLMediaElement.HAVE_CURRENT_DATA
        ? { width: 0, height: 0 }
        : { width: videoWidth, height: videoHeight },
  } satisfies Kind<HTMLVideoElement>,
  HTMLCanvasElement: CANVAS,
  OffscreenCanvas: { ...CANVAS, name: 'OffscreenCanvas' },
  ImageBitmap: {
    name: 'ImageBitmap',
    size: ({ width, height }) => ({ width, height }),
  } satisfies Kind<ImageBitmap>,
  VideoFrame: {
    name: 'VideoFrame',
    size: ({ displayWidth, displayHeight }) => ({ width: displayWidth, height: displayHeight }),
  } satisfies Kind<VideoFrame>,
}

/** Recognises elements and objects of a page that have a picture. */
export function findPagePicture(input: unknown): PagePicture | undefined {
  const type = Object.prototype.toString.call(input).slice('[object '.length, -1)
  return Object.hasOwn(KINDS, type) ? pictureOf(KINDS[type]!, input as never) : undefined
}

function pictureOf<Source extends ImageBitmapSource>(
  { name, size, load }: Kind<Source>,
  source: Source,
): PagePicture {
  return {
    kind: name,
    async ready(signal) {
      if (load) await untilAborted(load(source), signal)
      const found = size(source)
      if (found.width > 0 && found.height > 0) return found
      throw (await errors()).noPicture(name)
    },
    async capture() {
      let bitmap: ImageBitmap | undefined
      try {
        bitmap = await toBitmap(source)
        requireReadable(bitmap)
        return bitmap
      } catch (cause) {
        bitmap?.close()
        throw (await errors()).unreadable(name, cause)
      }
    },
  }
}

async function loadImage(image: HTMLImageElement): Promise<void> {
  try {
    await image.decode()
  } catch (cause) {
    throw (await errors()).notLoaded(image, cause)
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

/** The words for what goes wrong, which seldom are needed. */
const errors = () => import('./page-picture-errors.ts')
