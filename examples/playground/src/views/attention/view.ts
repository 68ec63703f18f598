import type { View } from '../view.ts'
import { AttentionOverlay } from './overlay.tsx'
import { AttentionPanel } from './panel.tsx'
import { look } from './state.ts'

export const attentionView: View = {
  id: 'attention',
  title: 'Attention',
  Panel: AttentionPanel,
  Overlay: AttentionOverlay,
  showsPicture: true,
  look,
}
