import type { EncoderConfig } from './config.ts'

/** Tokens before the patch tokens: the class token, then DeiT's distillation token. */
export function prefixTokens(config: Pick<EncoderConfig, 'classToken' | 'distilled'>): number {
  return Number(config.classToken) + Number(config.distilled)
}

/** Rows and columns of the grid of patches; a remainder of the image is left out. */
export function patchGrid({
  imageSize,
  patchSize,
}: Pick<EncoderConfig, 'imageSize' | 'patchSize'>): [rows: number, columns: number] {
  return [Math.floor(imageSize[0] / patchSize[0]), Math.floor(imageSize[1] / patchSize[1])]
}

/** The side of a square grid of so many patches. */
export function squareSide(patches: number): number | undefined {
  const side = Math.round(Math.sqrt(Math.max(0, patches)))
  return side > 0 && side * side === patches ? side : undefined
}
