import type { View } from '../view.ts'
import { LearntPanel } from './panel.tsx'

export const learntView: View = {
  id: 'learnt',
  title: 'What it learnt',
  Panel: LearntPanel,
  showsPicture: false,
}
