import type { ViTConfig } from '../../models/config.ts'
import { note } from '../output.ts'

/** Tells where an image size is no multiple of the patch: what is beyond the last patch is not seen. */
export function noteRemainder({
  imageSize,
  patchSize,
}: Pick<ViTConfig, 'imageSize' | 'patchSize'>): void {
  const [rows, columns] = imageSize.map((side, i) => side % patchSize[i]!) as [number, number]
  const edges = [
    ...(rows > 0 ? [`the last ${rows} px of the height`] : []),
    ...(columns > 0 ? [`the last ${columns} px of the width`] : []),
  ]
  if (edges.length === 0) return
  const [input, patch] = [imageSize.join(' x '), patchSize.join(' x ')]
  note(
    `note: ${input} px is no multiple of the patch (${patch}): ${edges.join(' and ')} are ignored`,
  )
}
