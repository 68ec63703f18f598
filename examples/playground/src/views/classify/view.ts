import type { View } from '../view.ts'
import { ClassifyPanel } from './panel.tsx'

export const classifyView: View = {
  id: 'classify',
  title: 'Classify',
  Panel: ClassifyPanel,
  showsPicture: true,
}
