import type { ImageHeader } from '../formats/header.ts'
import { hasAlpha, readFirstFrame, stillWebP } from '../formats/webp-header.ts'
import { type BrowserFile, blobOf } from './browser-file.ts'

export function webpFor(
  bytes: Uint8Array,
  { width, height }: ImageHeader,
): BrowserFile | undefined {
  const { frame } = readFirstFrame(bytes)
  const isWhole = frame.width === width && frame.height === height
  if (!isWhole || hasAlpha(frame.chunk)) return undefined
  // Browsers use the same library, and don't show what it finds damaged.
  return { file: blobOf([stillWebP(frame.chunk)], 'webp'), isIntact: async () => true }
}
