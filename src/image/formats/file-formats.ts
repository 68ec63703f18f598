import type { FileFormat } from './file-format.ts'
import type { ImageFormat } from './known-format.ts'

/** A format is loaded with its first image: most pages have images of one. */
export const fileFormats: Record<ImageFormat, () => Promise<FileFormat>> = {
  jpeg: async () => (await import('./jpeg/format.ts')).jpegFormat,
  png: async () => (await import('./png-format.ts')).pngFormat,
  webp: async () => (await import('./webp-format.ts')).webpFormat,
}
