import type { ViTConfig } from '../../families/vit/config.ts'
import { note } from '../output.ts'

/** Notes on stderr which pixels lie beyond the last whole patch: the model ignores them. */
export function noteIgnoredEdge({
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
    `note: ${input} px is not a multiple of the patch size (${patch}): the model ignores ${edges.join(' and ')}`,
  )
}
