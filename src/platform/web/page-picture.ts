import { onAbort } from '../../abort.ts'
import type { PagePicture } from '../platform.ts'
import { toBitmap } from './bitmap.ts'

interface Size {
  readonly width: number
  readonly height: number
}

interface Kind<Source extends ImageBitmapSource> {
  /** 0 x 0 if there is no picture. */
  size(source: Source): Size
  load?(source: Source): Promise<unknown>
}

const SIZED: Kind<HTMLCanvasElement | OffscreenCanvas | ImageBitmap> = {
  size: ({ width, height }) => ({ width, height }),
}

/** By their names in messages. */
const KINDS: Readonly<Record<string, Kind<never>>> = {
  '<img>': {
    size: ({ naturalWidth, naturalHeight }) => ({ width: naturalWidth, height: naturalHeight }),
    load: loadImage,
  } satisfies Kind<HTMLImageElement>,
  '<video>': {
    size: ({ readyState, videoWidth, videoHeight }) =>
      readyState < HTMLMediaElement.HAVE_CURRENT_DATA
        ? { width: 0, height: 0 }
        : { width: videoWidth, height: videoHeight },
  } satisfies Kind<HTMLVideoElement>,
  '<canvas>': SIZED,
  OffscreenCanvas: SIZED,
  ImageBitmap: SIZED,
  VideoFrame: {
    size: ({ displayWidth, displayHeight }) => ({ width: displayWidth, height: displayHeight }),
  } satisfies Kind<VideoFrame>,
}

/**
 * An element or an object of a page that has a picture.
 * @param name its kind, as `pictures.kind` says it
 */
export function openPagePicture(input: unknown, name: string): PagePicture {
  const source = input as never
  const { size, load } = KINDS[name]!
  return {
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
