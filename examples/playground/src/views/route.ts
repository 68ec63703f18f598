import { signal } from '@preact/signals'
import { views } from './index.ts'
import type { View } from './view.ts'

const named = (): View | undefined => views.find(({ id }) => `#${id}` === location.hash)

/** The view that the page's address names. */
export const view = signal(named() ?? views[0]!)

addEventListener('hashchange', () => {
  view.value = named() ?? view.value
})
