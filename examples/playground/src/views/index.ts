import { attentionView } from './attention/view.ts'
import { classifyView } from './classify/view.ts'
import { learntView } from './learnt/view.ts'
import { similarView } from './similar/view.ts'
import { trainView } from './train/view.ts'
import type { View } from './view.ts'
import { wordsView } from './words/view.ts'

/** In the order of the navigation; the first one is the start. */
export const views: readonly View[] = [
  classifyView,
  attentionView,
  wordsView,
  similarView,
  learntView,
  trainView,
]
