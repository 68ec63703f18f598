import type { Pictures } from '../platform.ts'
import { toBitmap } from './bitmap.ts'
import { findPagePicture } from './page-picture.ts'

/** Chosen with the first picture of this page or worker. */
let reader: ReturnType<Pictures['reader']> | undefined

/** Undefined in browsers without canvases for workers. */
export const pictures: Pictures | undefined =
  typeof createImageBitmap === 'function' && typeof OffscreenCanvas === 'function'
    ? {
        decode: toBitmap,
        find: findPagePicture,
        reader() {
          reader ??= import('./canvas-reader.ts').then(({ chooseReader }) => chooseReader())
          return reader
        },
      }
    : undefined
