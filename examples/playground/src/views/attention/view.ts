import type { View } from '../view.ts'
import { Distances } from './distances.tsx'
import { AttentionOverlay } from './overlay.tsx'
import { AttentionPanel } from './panel.tsx'
import { look } from './state.ts'

export const attentionView: View = {
  id: 'attention',
  title: 'Attention',
  Panel: AttentionPanel,
  Overlay: AttentionOverlay,
  Below: Distances,
  showsPicture: true,
  look,
}
