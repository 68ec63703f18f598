import type { Pictures } from '../platform.ts'
import { toBitmap } from './bitmap.ts'

/** By the name of the interface, which is the same for objects of another window. */
const KINDS: Readonly<Record<string, string>> = {
  HTMLImageElement: '<img>',
  HTMLVideoElement: '<video>',
  HTMLCanvasElement: '<canvas>',
  OffscreenCanvas: 'OffscreenCanvas',
  ImageBitmap: 'ImageBitmap',
  VideoFrame: 'VideoFrame',
}

const kindOf = (input: unknown): string | undefined => {
  const type = Object.prototype.toString.call(input).slice('[object '.length, -1)
  return Object.hasOwn(KINDS, type) ? KINDS[type] : undefined
}

/** Chosen with the first picture of this page or worker. */
let reader: ReturnType<Pictures['reader']> | undefined

/** Undefined in browsers without canvases for workers. */
export const pictures: Pictures | undefined =
  typeof createImageBitmap === 'function' && typeof OffscreenCanvas === 'function'
    ? {
        decode: toBitmap,
        kind: kindOf,
        // Most programs have files.
        open: async (input) =>
          (await import('./page-picture.ts')).openPagePicture(input, kindOf(input)!),
        reader() {
          reader ??= import('./canvas-reader.ts').then(({ chooseReader }) => chooseReader())
          return reader
        },
      }
    : undefined
