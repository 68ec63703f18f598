import type { View } from '../view.ts'
import { SimilarPanel } from './panel.tsx'
import { look } from './state.ts'

export const similarView: View = {
  id: 'similar',
  title: 'Similar pictures',
  Panel: SimilarPanel,
  showsPicture: true,
  look,
}
